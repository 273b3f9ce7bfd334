package dev.trimtab.shop.order;

import java.util.List;

/** What a customer wants to buy. */
public record Basket(String customer, String coupon, List<Item> items) {
    public static final int MOST_ITEMS = 50;
    public static final int MOST_OF_ONE = 100;

    public record Item(int productId, int quantity) {}

    public Basket {
        if (items == null || items.isEmpty() || items.size() > MOST_ITEMS) {
            throw new InvalidBasketException("items: a basket holds 1 to " + MOST_ITEMS + " items");
        }
        for (var item : items) {
            if (item.quantity() < 1 || item.quantity() > MOST_OF_ONE) {
                throw new InvalidBasketException(
                        "items.quantity: 1 to " + MOST_OF_ONE + " of product " + item.productId() + " can be ordered");
            }
        }
        items = List.copyOf(items);
    }
}
