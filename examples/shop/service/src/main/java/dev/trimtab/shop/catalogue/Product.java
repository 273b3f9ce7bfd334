package dev.trimtab.shop.catalogue;

/** One article of the catalogue. */
public record Product(int id, String name, String category, String description, int priceCents) {}
