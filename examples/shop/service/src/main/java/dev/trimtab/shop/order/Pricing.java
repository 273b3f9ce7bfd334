package dev.trimtab.shop.order;

import java.util.function.IntUnaryOperator;

/**
 * The price of a basket: the best quantity discount for each item, then the coupon, then shipping and the tax that
 * the total contains. Pure: the caller says what a product costs.
 */
public final class Pricing {
    static final long FREE_SHIPPING_FROM_CENTS = 10_000;
    static final long SHIPPING_CENTS = 690;
    static final int TAX_PERCENT = 19;

    /** All amounts in cents. The total contains shipping and tax. */
    public record Price(long goodsCents, long discountCents, long shippingCents, long taxCents, long totalCents) {}

    private Pricing() {}

    /** @param priceCents price of one piece of the product with the given number */
    public static Price price(Basket basket, IntUnaryOperator priceCents) {
        long goods = 0;
        long discount = 0;
        for (var item : basket.items()) {
            long list = (long) priceCents.applyAsInt(item.productId()) * item.quantity();
            goods += list;
            discount += share(list, quantityDiscountPercent(item.quantity()));
        }
        discount += share(goods - discount, couponPercent(basket.coupon()));
        long reduced = goods - discount;
        long shipping = reduced >= FREE_SHIPPING_FROM_CENTS ? 0 : SHIPPING_CENTS;
        long total = reduced + shipping;
        return new Price(goods, discount, shipping, total - Math.round(total * 100.0 / (100 + TAX_PERCENT)), total);
    }

    private static int quantityDiscountPercent(int quantity) {
        return quantity >= 20 ? 10 : quantity >= 5 ? 5 : 0;
    }

    private static int couponPercent(String coupon) {
        if (coupon == null || coupon.isEmpty()) return 0;
        return switch (coupon) {
            case "AHOY" -> 5;
            case "HARBOUR" -> 15;
            default -> throw new InvalidBasketException("coupon: there is no coupon " + coupon);
        };
    }

    private static long share(long cents, int percent) {
        return Math.round(cents * percent / 100.0);
    }
}
