package dev.trimtab.shop.web;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Measures the latency that a customer has: from the moment the proxy saw the request, so that waiting in the proxy, in
 * the accept queue and for a thread counts, to the end of the answer. Warm-up and the actuator are not customers.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class RequestTimer extends OncePerRequestFilter {
    private static final Duration[] BUCKETS = millis(
            5, 10, 15, 20, 30, 40, 50, 65, 80, 100, 125, 150, 175, 200, 225, 250, 275, 300, 350, 400, 500, 650, 800,
            1000, 1500, 2000, 3000, 5000);
    private static final int SERVER_ERROR = 500;

    private final ApplicationAvailability availability;
    private final Timer[] timers = new Timer[6];  // by hundreds of the status; 0 for what is no status

    RequestTimer(MeterRegistry metrics, ApplicationAvailability availability) {
        this.availability = availability;
        for (int hundreds = 0; hundreds < timers.length; hundreds++) {
            timers[hundreds] = Timer.builder("shop.request")
                    .description("Time from the proxy's stamp to the end of the answer")
                    .tag("status", hundreds == 0 ? "unknown" : hundreds + "xx")
                    .serviceLevelObjectives(BUCKETS)
                    .register(metrics);
        }
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return request.getRequestURI().startsWith("/actuator")
                || availability.getReadinessState() == ReadinessState.REFUSING_TRAFFIC
                        && request.getHeader(RequestStart.HEADER) == null;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        long waitedMillis = RequestStart.waitedMillis(request.getHeader(RequestStart.HEADER), System.currentTimeMillis());
        long arrived = System.nanoTime();
        int status = SERVER_ERROR;  // what the container answers when the chain throws
        try {
            chain.doFilter(request, response);
            status = response.getStatus();
        } finally {
            long took = System.nanoTime() - arrived + TimeUnit.MILLISECONDS.toNanos(waitedMillis);
            int hundreds = status / 100;
            timers[hundreds < timers.length ? hundreds : 0].record(took, TimeUnit.NANOSECONDS);
        }
    }

    private static Duration[] millis(int... values) {
        var durations = new Duration[values.length];
        for (int i = 0; i < values.length; i++) {
            durations[i] = Duration.ofMillis(values[i]);
        }
        return durations;
    }
}
