package dev.trimtab.shop.page;

import dev.trimtab.shop.catalogue.Catalogue;
import java.nio.charset.StandardCharsets;
import org.springframework.stereotype.Component;
import org.springframework.web.util.HtmlUtils;

/** Puts what is meant for one visitor into a rendered page. Done for every request, so it is never cached. */
@Component
public class PersonalPage {
    private static final int RECOMMENDATIONS = 4;

    private final Catalogue catalogue;
    private final Recommender recommender;

    public PersonalPage(Catalogue catalogue, Recommender recommender) {
        this.catalogue = catalogue;
        this.recommender = recommender;
    }

    public byte[] compose(Page page, int productId, int visitor) {
        var html = new String(page.html(), StandardCharsets.UTF_8);
        return html.replace(PageRenderer.PERSONAL_PART, alsoLiked(productId, visitor)).getBytes(StandardCharsets.UTF_8);
    }

    private String alsoLiked(int productId, int visitor) {
        var list = new StringBuilder("<h2>You may also like</h2><ul>");
        for (int id : recommender.alike(productId, visitor, RECOMMENDATIONS)) {
            catalogue.find(id).ifPresent(product -> list.append("<li><a href=\"/products/").append(id).append("\">")
                    .append(HtmlUtils.htmlEscape(product.name())).append("</a> ")
                    .append(PageRenderer.euros(product.priceCents())).append("</li>"));
        }
        return list.append("</ul>").toString();
    }
}
