package dev.trimtab.shop.order;

/** A basket that cannot be priced or ordered; the message says what to change. */
public class InvalidBasketException extends RuntimeException {
    public InvalidBasketException(String message) {
        super(message);
    }
}
