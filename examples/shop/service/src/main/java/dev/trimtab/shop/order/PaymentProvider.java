package dev.trimtab.shop.order;

import dev.trimtab.shop.ShopProperties;
import org.springframework.stereotype.Component;

/** Stands for a payment provider on the network: it answers after a while, and the calling thread waits for it. */
@Component
public class PaymentProvider {
    private final long delayMillis;

    public PaymentProvider(ShopProperties properties) {
        this.delayMillis = properties.payment().delay().toMillis();
    }

    public void charge(long cents) throws InterruptedException {
        if (cents <= 0) {
            throw new InvalidBasketException("items: there is nothing to pay");
        }
        Thread.sleep(delayMillis);
    }
}
