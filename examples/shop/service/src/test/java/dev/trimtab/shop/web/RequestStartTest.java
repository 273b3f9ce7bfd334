package dev.trimtab.shop.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestStartTest {
    private static final long NOW = 1_700_000_000_000L;

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "350, 350", "120000, 120000", "120001, 0", "-1, 0", "1700000000000, 0"})
    void believesAStampWithinReason(long age, long waited) {
        assertThat(RequestStart.waitedMillis("t=" + (NOW - age), NOW)).isEqualTo(waited);
    }

    @ParameterizedTest
    @NullAndEmptySource
    @ValueSource(strings = {"t=", "t=x", "1699999999999", "t=1699999999999.5", "t= 1699999999999", "t=99999999999999999999",
        "t=00000000000000000000000000001699999999999"})
    void ignoresWhatIsNoStamp(String stamp) {
        assertThat(RequestStart.waitedMillis(stamp, NOW)).isZero();
    }
}
