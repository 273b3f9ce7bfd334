package dev.trimtab.shop.web;

import dev.trimtab.shop.catalogue.Catalogue;
import dev.trimtab.shop.catalogue.Product;
import dev.trimtab.shop.page.Page;
import dev.trimtab.shop.page.PageShelf;
import dev.trimtab.shop.page.PersonalPage;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Product pages, their pictures and the search. */
@RestController
@RequestMapping("/products")
class ProductController {
    private static final MediaType HTML = MediaType.parseMediaType("text/html;charset=UTF-8");

    private final Catalogue catalogue;
    private final PageShelf pages;
    private final PersonalPage personal;

    ProductController(Catalogue catalogue, PageShelf pages, PersonalPage personal) {
        this.catalogue = catalogue;
        this.pages = pages;
        this.personal = personal;
    }

    @GetMapping("/{id}")
    ResponseEntity<byte[]> page(@PathVariable int id, @RequestParam(defaultValue = "0") int visitor) {
        return ResponseEntity.ok().contentType(HTML).body(personal.compose(find(id), id, visitor));
    }

    @GetMapping("/{id}/picture")
    ResponseEntity<byte[]> picture(@PathVariable int id) {
        var page = find(id);
        return ResponseEntity.ok().contentType(MediaType.IMAGE_PNG).eTag(page.entityTag()).body(page.picture());
    }

    @GetMapping
    List<Product> search(@RequestParam String query) {
        if (query.isBlank() || query.length() > 50) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "query: give 1 to 50 characters");
        }
        return catalogue.search(query);
    }

    private Page find(int id) {
        return pages.page(id)
                .orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND, "there is no product " + id));
    }
}
