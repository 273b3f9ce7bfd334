package dev.trimtab.shop;

import dev.trimtab.shop.catalogue.Catalogue;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.stereotype.Component;

/**
 * Visits the shop before the customers do: loads what is lazy, lets the compiler see the hot paths and puts the best
 * sellers into the cache. Readiness turns up only when this has ended, because Spring Boot waits for its runners.
 */
@Component
class WarmUp implements ApplicationRunner {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
    /** A replica with little CPU must become ready too, only less warm. */
    private static final Duration LONGEST = Duration.ofSeconds(5);
    /** Products are numbered by popularity, so the first ones are the best sellers. */
    private static final int BEST_SELLERS = 300;
    private static final String BASKET =
            "{\"customer\":\"warm-up\",\"coupon\":\"AHOY\",\"items\":[{\"productId\":%d,\"quantity\":5}]}";

    private final ServletWebServerApplicationContext server;
    private final Catalogue catalogue;

    WarmUp(ServletWebServerApplicationContext server, Catalogue catalogue) {
        this.server = server;
        this.catalogue = catalogue;
    }

    @Override
    public void run(ApplicationArguments arguments) throws IOException {
        long started = System.nanoTime();
        int most = Math.min(BEST_SELLERS, catalogue.size());
        int visited = 0;
        while (visited < most && System.nanoTime() - started < LONGEST.toNanos()) {
            visited++;
            visit("/products/" + visited + "?visitor=" + visited, null);
            visit("/products/" + visited + "/picture", null);
            if (visited % 10 == 0) {
                visit("/products?query=compass", null);
                visit("/basket/price", BASKET.formatted(visited));
                visit("/orders", BASKET.formatted(visited));
            }
        }
        visit("/actuator/prometheus", null);
        LOG.info("Warmed up with {} products in {} ms", visited, (System.nanoTime() - started) / 1_000_000);
    }

    private void visit(String path, String body) throws IOException {
        var url = URI.create("http://127.0.0.1:" + server.getWebServer().getPort() + path).toURL();
        var connection = (HttpURLConnection) url.openConnection();
        if (body != null) {
            connection.setDoOutput(true);
            connection.setRequestProperty("Content-Type", "application/json");
            connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        }
        try (var answer = connection.getInputStream()) {
            answer.readAllBytes();
        }
    }
}
