package dev.trimtab.shop.page;

/** A rendered product page: its HTML, its picture and a tag that changes when either does. */
public record Page(byte[] html, byte[] picture, String entityTag) {
    /** What the arrays' headers, the tag and the cache's own entry add, in bytes: measured with a heap histogram. */
    private static final int OVERHEAD = 300;

    /** Bytes of heap that the page takes. */
    public int weight() {
        return html.length + picture.length + OVERHEAD;
    }
}
