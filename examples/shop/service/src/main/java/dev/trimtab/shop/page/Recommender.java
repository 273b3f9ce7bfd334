package dev.trimtab.shop.page;

import dev.trimtab.shop.catalogue.Catalogue;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.springframework.stereotype.Component;

/** Ranks products for a visitor: the nearest to what the visitor looks at, by the angle between feature vectors. */
@Component
public class Recommender {
    private static final int FEATURES = 16;
    /** Products compared for one visit; the whole catalogue would take several milliseconds. */
    private static final int CANDIDATES = 1500;

    private record Candidate(int productId, double likeness) {}

    private final float[][] features;

    public Recommender(Catalogue catalogue) {
        features = new float[catalogue.size()][];
        for (int i = 0; i < features.length; i++) {
            features[i] = unitVector(new SplittableRandom(i));
        }
    }

    /** Numbers of the products most like the given one, best first. The visitor decides which part of the catalogue is seen. */
    public List<Integer> alike(int productId, int visitor, int count) {
        var wanted = features[productId - 1];
        int first = Math.floorMod(visitor * 31, features.length);
        return IntStream.range(0, Math.min(CANDIDATES, features.length))
                .map(step -> (first + step) % features.length)
                .filter(index -> index != productId - 1)
                .mapToObj(index -> new Candidate(index + 1, dot(wanted, features[index])))
                .sorted(Comparator.comparingDouble(Candidate::likeness).reversed())
                .limit(count)
                .map(Candidate::productId)
                .toList();
    }

    private static float[] unitVector(SplittableRandom random) {
        var vector = new float[FEATURES];
        double square = 0;
        for (int i = 0; i < FEATURES; i++) {
            vector[i] = (float) random.nextDouble(-1, 1);
            square += vector[i] * vector[i];
        }
        for (int i = 0; i < FEATURES; i++) {
            vector[i] /= (float) Math.sqrt(square);
        }
        return vector;
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < FEATURES; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
