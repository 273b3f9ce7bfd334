package dev.trimtab.shop.page;

import java.util.LinkedHashMap;
import java.util.Optional;

/** Keeps the pages used last, as many as fit in the given number of bytes. Safe for use by many threads. */
public class PageCache {
    private final long capacity;
    private final LinkedHashMap<Integer, Page> pages = new LinkedHashMap<>(256, 0.75f, true);  // in order of last use
    private long weight;

    /** @param capacity bytes that the pages may take together */
    public PageCache(long capacity) {
        this.capacity = capacity;
    }

    public synchronized Optional<Page> find(int productId) {
        return Optional.ofNullable(pages.get(productId));
    }

    /** Keeps a page and lets go of those that were not used for longest. A page above the capacity is not kept. */
    public synchronized void keep(int productId, Page page) {
        var former = pages.put(productId, page);
        weight += page.weight() - (former == null ? 0 : former.weight());
        var eldest = pages.entrySet().iterator();
        while (weight > capacity && eldest.hasNext()) {
            weight -= eldest.next().getValue().weight();
            eldest.remove();
        }
    }

    public synchronized int size() {
        return pages.size();
    }

    /** Bytes in use. */
    public synchronized long weight() {
        return weight;
    }

    public long capacity() {
        return capacity;
    }
}
