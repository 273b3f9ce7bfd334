package dev.trimtab.shop.page;

import dev.trimtab.shop.catalogue.Product;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.springframework.stereotype.Component;
import org.springframework.web.util.HtmlUtils;

/** Renders a product page: the picture, the text with its reviews and the entity tag. This is the expensive part. */
@Component
public class PageRenderer {
    /** Stands in the HTML where {@link PersonalPage} puts what differs from visitor to visitor. */
    static final String PERSONAL_PART = "<!-- personal -->";

    private static final int PICTURE_SIDE = 176;
    private static final int REVIEWS = 60;
    private static final List<String> OPINIONS = List.of(
            "Arrived quickly & well packed.", "Better than the one I had <before>.", "Did what it says.",
            "My crew is \"delighted\".", "Would buy it again.", "Heavier than I thought.", "Survived a storm at Skagen.");

    public Page render(Product product) {
        var picture = PngEncoder.encode(new ProductPicture(product.id()).paint(PICTURE_SIDE), PICTURE_SIDE);
        var html = html(product).getBytes(StandardCharsets.UTF_8);
        return new Page(html, picture, entityTag(html, picture));
    }

    private static String html(Product product) {
        var html = new StringBuilder(16_384)
                .append("<!doctype html><html lang=\"en\"><head><title>").append(HtmlUtils.htmlEscape(product.name()))
                .append("</title></head><body><h1>").append(HtmlUtils.htmlEscape(product.name())).append("</h1>")
                .append("<img alt=\"\" src=\"/products/").append(product.id()).append("/picture\"><p>")
                .append(HtmlUtils.htmlEscape(product.description())).append("</p><p>")
                .append(euros(product.priceCents())).append("</p>").append(PERSONAL_PART).append("<h2>Reviews</h2><ul>");
        var random = new SplittableRandom(product.id());
        for (int review = 0; review < REVIEWS; review++) {
            html.append("<li><b>").append(random.nextInt(1, 6)).append(" of 5</b> ");
            for (int sentence = 0; sentence < 4; sentence++) {
                html.append(HtmlUtils.htmlEscape(OPINIONS.get(random.nextInt(OPINIONS.size())))).append(' ');
            }
            html.append("</li>");
        }
        return html.append("</ul></body></html>").toString();
    }

    static String euros(long cents) {
        return "%d.%02d €".formatted(cents / 100, cents % 100);
    }

    private static String entityTag(byte[] html, byte[] picture) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(html);
            digest.update(picture);
            return '"' + HexFormat.of().formatHex(digest.digest(), 0, 12) + '"';
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);  // every Java platform must bring SHA-256
        }
    }
}
