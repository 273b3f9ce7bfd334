package dev.trimtab.shop.page;

/** Paints a product's picture: fractal value noise, so that no photographs need to be shipped. */
final class ProductPicture {
    private static final int OCTAVES = 5;

    private final int seed;

    ProductPicture(int seed) {
        this.seed = seed;
    }

    /** Red, green and blue of each pixel of a square, row by row. */
    byte[] paint(int side) {
        var pixels = new byte[3 * side * side];
        for (int y = 0, at = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                for (int channel = 0; channel < 3; channel++) {
                    pixels[at++] = (byte) (255 * noise((double) x / side, (double) y / side, seed * 3 + channel));
                }
            }
        }
        return pixels;
    }

    /** Sum of octaves of lattice noise, each twice as fine and half as strong as the one before; in [0, 1). */
    private static double noise(double x, double y, int seed) {
        double sum = 0;
        double strength = 0.5;
        double frequency = 4;
        for (int octave = 0; octave < OCTAVES; octave++) {
            sum += strength * smooth(x * frequency, y * frequency, seed + octave);
            strength /= 2;
            frequency *= 2;
        }
        return sum;
    }

    private static double smooth(double x, double y, int seed) {
        int column = (int) x;
        int row = (int) y;
        double right = fade(x - column);
        double down = fade(y - row);
        double top = mix(lattice(column, row, seed), lattice(column + 1, row, seed), right);
        double bottom = mix(lattice(column, row + 1, seed), lattice(column + 1, row + 1, seed), right);
        return mix(top, bottom, down);
    }

    private static double fade(double t) {
        return t * t * (3 - 2 * t);
    }

    private static double mix(double a, double b, double share) {
        return a + (b - a) * share;
    }

    /** A number in [0, 1) for a lattice point: an integer hash (Wellons, "lowbias32", https://github.com/skeeto/hash-prospector). */
    private static double lattice(int column, int row, int seed) {
        int h = column * 0x9E3779B9 ^ row * 0x85EBCA6B ^ seed * 0xC2B2AE35;
        h = (h ^ h >>> 16) * 0x7feb352d;
        h = (h ^ h >>> 15) * 0x846ca68b;
        return ((h ^ h >>> 16) >>> 8) * 0x1p-24;
    }
}
