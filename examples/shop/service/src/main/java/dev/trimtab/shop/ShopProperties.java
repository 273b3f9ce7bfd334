package dev.trimtab.shop;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;

/** The settings under {@code shop:} in application.yaml. */
@ConfigurationProperties("shop")
public record ShopProperties(CatalogueSettings catalogue, CacheSettings cache, PaymentSettings payment) {
    /** Number of products; their numbers run from 1. */
    public record CatalogueSettings(int size) {}

    /** Share of the maximum heap that rendered pages may take, between 0 and 1. */
    public record CacheSettings(double heapShare) {
        public CacheSettings {
            if (!(heapShare >= 0 && heapShare <= 0.9)) {
                throw new IllegalArgumentException("shop.cache.heap-share must lie between 0 and 0.9, is " + heapShare);
            }
        }
    }

    /** How long the payment provider takes to answer. */
    public record PaymentSettings(Duration delay) {}
}
