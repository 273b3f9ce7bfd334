package dev.trimtab.shop.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trimtab.shop.catalogue.Product;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class PageRendererTest {
    private static final Product LAMP = new Product(12, "Lamp <large>", "deck", "Bright & \"warm\"", 1299);

    private final PageRenderer renderer = new PageRenderer();

    @Test
    void showsTheProductWithItsTextEscaped() {
        var html = new String(renderer.render(LAMP).html(), StandardCharsets.UTF_8);
        assertThat(html).contains("Lamp &lt;large&gt;", "Bright &amp; &quot;warm&quot;", "12.99 €", "/products/12/picture")
                .contains(PageRenderer.PERSONAL_PART).doesNotContain("<large>");
    }

    @Test
    void paintsAPictureThatOthersCanRead() throws IOException {
        var picture = ImageIO.read(new ByteArrayInputStream(renderer.render(LAMP).picture()));
        assertThat(picture.getWidth()).isEqualTo(picture.getHeight()).isGreaterThan(100);
        assertThat(picture.getRGB(0, 0)).isNotEqualTo(picture.getRGB(picture.getWidth() - 1, picture.getHeight() / 2));
    }

    @Test
    void givesTheSamePageTheSameTagAndAnotherPageAnother() {
        var other = new Product(13, LAMP.name(), LAMP.category(), LAMP.description(), LAMP.priceCents());
        var tag = renderer.render(LAMP).entityTag();
        assertThat(renderer.render(LAMP).entityTag()).isEqualTo(tag).startsWith("\"").endsWith("\"");
        assertThat(renderer.render(other).entityTag()).isNotEqualTo(tag);
    }
}
