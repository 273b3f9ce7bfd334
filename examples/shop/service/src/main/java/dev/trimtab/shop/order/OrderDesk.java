package dev.trimtab.shop.order;

import dev.trimtab.shop.catalogue.Catalogue;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Service;

/** Prices baskets and takes orders. */
@Service
public class OrderDesk {
    /** Orders that stay in the database; a shop would move older ones to an archive. */
    static final int ORDERS_KEPT = 2000;

    /** A taken order. */
    public record Order(long id, Pricing.Price price) {}

    private final Catalogue catalogue;
    private final PaymentProvider payments;
    private final JdbcTemplate database;
    private final AtomicLong lastId = new AtomicLong();

    public OrderDesk(Catalogue catalogue, PaymentProvider payments, JdbcTemplate database) {
        this.catalogue = catalogue;
        this.payments = payments;
        this.database = database;
    }

    public Pricing.Price price(Basket basket) {
        return Pricing.price(basket, id -> catalogue.find(id)
                .orElseThrow(() -> new InvalidBasketException("items.productId: there is no product " + id))
                .priceCents());
    }

    public Order take(Basket basket) throws InterruptedException {
        var price = price(basket);
        payments.charge(price.totalCents());
        long id = lastId.incrementAndGet();
        store(id, basket, price);
        return new Order(id, price);
    }

    private void store(long id, Basket basket, Pricing.Price price) {
        var customer = basket.customer() == null ? "guest" : basket.customer();
        database.update("INSERT INTO purchase VALUES (?, ?, ?)", id, customer, price.totalCents());
        var lines = new ArrayList<Object[]>();
        for (var item : basket.items()) {
            lines.add(new Object[] {id, lines.size(), item.productId(), item.quantity()});
        }
        database.batchUpdate("INSERT INTO purchase_line VALUES (?, ?, ?, ?)", lines);
        database.update("DELETE FROM purchase_line WHERE purchase_id = ?", id - ORDERS_KEPT);
        database.update("DELETE FROM purchase WHERE id = ?", id - ORDERS_KEPT);
    }
}
