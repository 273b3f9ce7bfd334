package dev.trimtab.shop.page;

import dev.trimtab.shop.ShopProperties;
import dev.trimtab.shop.catalogue.Catalogue;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Product pages: from the cache when they are there, else rendered and kept. The larger the heap, the more are there. */
@Component
public class PageShelf {
    private final Catalogue catalogue;
    private final PageRenderer renderer;
    private final PageCache cache;
    private final Counter hits;
    private final Counter misses;

    public PageShelf(Catalogue catalogue, PageRenderer renderer, ShopProperties properties, MeterRegistry metrics) {
        this.catalogue = catalogue;
        this.renderer = renderer;
        this.cache = new PageCache((long) (Runtime.getRuntime().maxMemory() * properties.cache().heapShare()));
        this.hits = metrics.counter("shop.page.cache.requests", "result", "hit");
        this.misses = metrics.counter("shop.page.cache.requests", "result", "miss");
        Gauge.builder("shop.page.cache.used", cache, PageCache::weight).baseUnit("bytes").register(metrics);
        Gauge.builder("shop.page.cache.capacity", cache, PageCache::capacity).baseUnit("bytes").register(metrics);
    }

    /** The page of a product, or nothing when there is no such product. */
    public Optional<Page> page(int productId) {
        var kept = cache.find(productId);
        if (kept.isPresent()) {
            hits.increment();
            return kept;
        }
        misses.increment();
        var rendered = catalogue.find(productId).map(renderer::render);
        rendered.ifPresent(page -> cache.keep(productId, page));
        return rendered;
    }
}
