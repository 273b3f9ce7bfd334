package dev.trimtab.shop.web;

import dev.trimtab.shop.order.Basket;
import dev.trimtab.shop.order.InvalidBasketException;
import dev.trimtab.shop.order.OrderDesk;
import dev.trimtab.shop.order.Pricing;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Prices of baskets, and orders. */
@RestController
class OrderController {
    private final OrderDesk desk;

    OrderController(OrderDesk desk) {
        this.desk = desk;
    }

    @PostMapping("/basket/price")
    Pricing.Price price(@RequestBody Basket basket) {
        return desk.price(basket);
    }

    @PostMapping("/orders")
    @ResponseStatus(HttpStatus.CREATED)
    OrderDesk.Order order(@RequestBody Basket basket) throws InterruptedException {
        return desk.take(basket);
    }

    @ExceptionHandler
    @ResponseStatus(HttpStatus.BAD_REQUEST)
    Map<String, String> invalid(InvalidBasketException invalid) {
        return Map.of("error", invalid.getMessage());
    }

    /** JSON that is no basket. The constructor of {@link Basket} also speaks through this exception. */
    @ExceptionHandler
    @ResponseStatus(HttpStatus.BAD_REQUEST)
    Map<String, String> unreadable(HttpMessageNotReadableException unreadable) {
        var cause = unreadable.getMostSpecificCause();
        return Map.of("error", cause instanceof InvalidBasketException ? cause.getMessage() : "the body is no basket");
    }
}
