package dev.trimtab.shop.web;

/**
 * When a request began, as the proxy in front saw it: {@code X-Request-Start: t=<milliseconds since 1970>}. A clock is
 * only believed within reason, because a wrong stamp would show up as a latency that nobody had.
 */
final class RequestStart {
    static final String HEADER = "X-Request-Start";
    static final long OLDEST_MILLIS = 120_000;  // longer than any time-out of a client or proxy
    private static final int LONGEST_STAMP = 32;

    private RequestStart() {}

    /**
     * How long the request had been under way when it arrived here, in milliseconds; 0 when the stamp is missing,
     * malformed, in the future or older than two minutes.
     */
    static long waitedMillis(String stamp, long nowMillis) {
        if (stamp == null || !stamp.startsWith("t=") || stamp.length() > LONGEST_STAMP) return 0;
        try {
            long waited = nowMillis - Long.parseLong(stamp, 2, stamp.length(), 10);
            return waited >= 0 && waited <= OLDEST_MILLIS ? waited : 0;
        } catch (NumberFormatException malformed) {
            return 0;
        }
    }
}
