package dev.trimtab.shop.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PricingTest {
    private static Basket basket(String coupon, int quantity) {
        return new Basket("Ada", coupon, List.of(new Basket.Item(1, quantity)));
    }

    @ParameterizedTest
    @CsvSource({
        // quantity, price of one, discount, shipping, total
        "1, 1000, 0, 690, 1690",
        "4, 1000, 0, 690, 4690",
        "5, 1000, 250, 690, 5440",
        "19, 1000, 950, 0, 18050",
        "20, 1000, 2000, 0, 18000",
        "1, 9999, 0, 690, 10689",
        "1, 10000, 0, 0, 10000",
    })
    void givesQuantityDiscountsAndFreeShipping(int quantity, int one, long discount, long shipping, long total) {
        var price = Pricing.price(basket(null, quantity), id -> one);
        assertThat(price.goodsCents()).isEqualTo((long) quantity * one);
        assertThat(price.discountCents()).isEqualTo(discount);
        assertThat(price.shippingCents()).isEqualTo(shipping);
        assertThat(price.totalCents()).isEqualTo(total);
    }

    @Test
    void appliesTheCouponToWhatTheQuantityDiscountLeft() {
        var price = Pricing.price(basket("HARBOUR", 20), id -> 1000);
        assertThat(price.discountCents()).isEqualTo(2000 + 2700);
    }

    @Test
    void namesTheTaxThatTheTotalContains() {
        assertThat(Pricing.price(basket(null, 1), id -> 11_900).taxCents()).isEqualTo(1900);
    }

    @Test
    void addsItemsUp() {
        var basket = new Basket("Ada", "", List.of(new Basket.Item(1, 1), new Basket.Item(2, 2)));
        assertThat(Pricing.price(basket, id -> id * 10_000).goodsCents()).isEqualTo(50_000);
    }

    @Test
    void doesNotOverflow() {
        assertThat(Pricing.price(basket(null, 100), id -> Integer.MAX_VALUE).goodsCents()).isEqualTo(214_748_364_700L);
    }

    @Test
    void refusesWhatMakesNoSense() {
        assertThatThrownBy(() -> Pricing.price(basket("FREE", 1), id -> 100)).hasMessageContaining("coupon");
        assertThatThrownBy(() -> basket(null, 0)).isInstanceOf(InvalidBasketException.class);
        assertThatThrownBy(() -> basket(null, 101)).isInstanceOf(InvalidBasketException.class);
        assertThatThrownBy(() -> new Basket("Ada", null, List.of())).isInstanceOf(InvalidBasketException.class);
        assertThatThrownBy(() -> new Basket("Ada", null, null)).isInstanceOf(InvalidBasketException.class);
    }
}
