package dev.trimtab.shop.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PageCacheTest {
    private static final int WEIGHT = page(1000).weight();

    private static Page page(int bytes) {
        return new Page(new byte[bytes / 2], new byte[bytes - bytes / 2], "\"tag\"");
    }

    @Test
    void findsWhatItKept() {
        var cache = new PageCache(10L * WEIGHT);
        var page = page(1000);
        cache.keep(7, page);
        assertThat(cache.find(7)).containsSame(page);
        assertThat(cache.find(8)).isEmpty();
    }

    @Test
    void letsGoOfThePageNotUsedForLongest() {
        var cache = new PageCache(3L * WEIGHT);
        cache.keep(1, page(1000));
        cache.keep(2, page(1000));
        cache.keep(3, page(1000));
        cache.find(1);
        cache.keep(4, page(1000));
        assertThat(cache.find(2)).isEmpty();
        assertThat(IntStream.of(1, 3, 4)).allMatch(id -> cache.find(id).isPresent());
    }

    @Test
    void countsAReplacedPageOnce() {
        var cache = new PageCache(3L * WEIGHT);
        cache.keep(1, page(1000));
        cache.keep(1, page(500));
        assertThat(cache.weight()).isEqualTo(page(500).weight());
        assertThat(cache.size()).isEqualTo(1);
    }

    @Test
    void makesRoomForALargePageByLettingGoOfSeveral() {
        var cache = new PageCache(3L * WEIGHT);
        cache.keep(1, page(1000));
        cache.keep(2, page(1000));
        cache.keep(3, page(1000));
        cache.keep(4, page(2000));
        assertThat(cache.find(4)).isPresent();
        assertThat(cache.find(1)).isEmpty();
        assertThat(cache.weight()).isLessThanOrEqualTo(cache.capacity());
    }

    @Test
    void doesNotKeepAPageAboveItsCapacity() {
        var cache = new PageCache(WEIGHT - 1);
        cache.keep(1, page(1000));
        assertThat(cache.size()).isZero();
        assertThat(cache.weight()).isZero();
    }

    @Test
    void staysWithinItsCapacityUnderManyThreads() throws InterruptedException {
        var cache = new PageCache(20L * WEIGHT);
        int threads = 4;
        var done = new CountDownLatch(threads);
        var pool = Executors.newFixedThreadPool(threads);
        for (int t = 0; t < threads; t++) {
            int first = t * 100;
            pool.execute(() -> {
                for (int i = 0; i < 2000; i++) {
                    cache.keep((first + i) % 150, page(1000 + i % 7 * 100));
                    cache.find(i % 150);
                }
                done.countDown();
            });
        }
        pool.shutdown();
        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(cache.weight()).isBetween(1L, cache.capacity());
        long counted = IntStream.range(0, 150).mapToObj(cache::find).flatMap(java.util.Optional::stream)
                .mapToLong(Page::weight).sum();
        assertThat(counted).isEqualTo(cache.weight());
    }
}
