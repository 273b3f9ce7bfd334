package dev.trimtab.shop.catalogue;

import java.util.List;
import java.util.SplittableRandom;

/** Invents products. The same number always gives the same product, on every replica. */
final class ProductGenerator {
    static final List<String> CATEGORIES =
            List.of("deck", "rigging", "galley", "navigation", "safety", "sails", "engine", "clothing");

    private static final List<String> MATERIALS =
            List.of("brass", "bronze", "teak", "canvas", "steel", "carbon", "cotton", "oak", "hemp", "copper");
    private static final List<String> THINGS = List.of(
            "anchor", "bell", "block", "buoy", "chart", "cleat", "compass", "fender", "flag", "hatch", "hook", "jacket",
            "knife", "ladder", "lamp", "mooring line", "oar", "pump", "rudder", "sextant", "shackle", "tiller",
            "trim tab", "winch");
    private static final List<String> PHRASES = List.of(
            "holds in heavy weather", "made for long passages", "tested against salt and sun", "serviced for life",
            "light enough for racing", "a classic of the harbour", "fits boats from seven metres",
            "comes with stainless fittings", "easy to reach with wet hands", "proven on the northern route");

    private ProductGenerator() {}

    static Product product(int id) {
        var random = new SplittableRandom(id);
        var material = pick(MATERIALS, random);
        var thing = pick(THINGS, random);
        var description = new StringBuilder("This ").append(material).append(' ').append(thing);
        while (description.length() < 900) {
            description.append(' ').append(pick(PHRASES, random)).append(',');
        }
        description.setCharAt(description.length() - 1, '.');
        var name = capitalised(material) + " " + thing + " No. " + id;
        return new Product(id, name, pick(CATEGORIES, random), description.toString(), random.nextInt(500, 40_000));
    }

    private static String pick(List<String> words, SplittableRandom random) {
        return words.get(random.nextInt(words.size()));
    }

    private static String capitalised(String word) {
        return Character.toUpperCase(word.charAt(0)) + word.substring(1);
    }
}
