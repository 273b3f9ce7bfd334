package dev.trimtab.shop.catalogue;

import dev.trimtab.shop.ShopProperties;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.stereotype.Repository;

/** The products, in the database. Filled once, when the service starts. */
@Repository
public class Catalogue {
    private static final RowMapper<Product> PRODUCT = (row, number) -> new Product(
            row.getInt("id"), row.getString("name"), row.getString("category"), row.getString("description"),
            row.getInt("price_cents"));
    private static final int SEARCH_LIMIT = 20;

    private final JdbcTemplate database;
    private final int size;

    public Catalogue(JdbcTemplate database, ShopProperties properties) {
        this.database = database;
        this.size = properties.catalogue().size();
        database.batchUpdate(
                "INSERT INTO product (id, name, category, description, price_cents) VALUES (?, ?, ?, ?, ?)",
                IntStream.rangeClosed(1, size).mapToObj(ProductGenerator::product).map(product -> new Object[] {
                    product.id(), product.name(), product.category(), product.description(), product.priceCents()
                }).toList());
    }

    /** Number of products; they are numbered from 1. */
    public int size() {
        return size;
    }

    public Optional<Product> find(int id) {
        return database.query("SELECT * FROM product WHERE id = ?", PRODUCT, id).stream().findFirst();
    }

    /** Products whose name or description holds the text, cheapest first, at most twenty. */
    public List<Product> search(String text) {
        var pattern = "%" + text.toLowerCase().replaceAll("[\\\\%_]", "\\\\$0") + "%";
        return database.query(
                "SELECT * FROM product WHERE LOWER(name) LIKE ? OR description LIKE ? ORDER BY price_cents LIMIT ?",
                PRODUCT, pattern, pattern, SEARCH_LIMIT);
    }
}
