"""Tests of the report: rank sums between two tuners on one task, signs over tasks. Two-sided p values."""

import itertools
import math

EXACT_LIMIT = 20000  # splits of the pooled sample that are enumerated; above, the normal approximation


def midranks(values):
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in range(start, end + 1):
            ranks[order[place]] = (start + end) / 2 + 1
        start = end + 1
    return ranks


def rank_sum(a, b):
    """Wilcoxon's rank-sum test of two independent samples, ties included: exact for small samples."""
    ranks = midranks([*a, *b])
    m, n = len(a), len(a) + len(b)
    if m == 0 or n == m:
        return 1.0
    centre = m * (n + 1) / 2
    apart = abs(sum(ranks[:m]) - centre)
    if math.comb(n, m) <= EXACT_LIMIT:
        sums = [sum(part) for part in itertools.combinations(ranks, m)]
        return sum(abs(s - centre) >= apart - 1e-9 for s in sums) / len(sums)
    mean = (n + 1) / 2
    variance = m * (n - m) / (n * (n - 1)) * sum((r - mean) ** 2 for r in ranks)
    if variance == 0:
        return 1.0
    return math.erfc(max(0.0, apart - 0.5) / math.sqrt(2 * variance))


def sign(wins, losses):
    """The sign test, ties left out."""
    total = wins + losses
    if total == 0:
        return 1.0
    tail = sum(math.comb(total, k) for k in range(min(wins, losses) + 1)) / 2**total
    return min(1.0, 2 * tail)


def holm(p_values):
    """Holm's correction for several tests, in the order given."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, floor = [0.0] * len(p_values), 0.0
    for place, index in enumerate(order):
        floor = max(floor, min(1.0, p_values[index] * (len(p_values) - place)))
        adjusted[index] = floor
    return adjusted


def quantile(values, q):
    """Linear interpolation between order statistics."""
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
