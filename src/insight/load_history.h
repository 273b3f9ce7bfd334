// LoadHistory: the loads of an application over weeks in a few kilobytes: the highest load of each of a bounded number
// of equal buckets. Buckets double in width when the history is full, until it covers eight of the cycles found in it
// (a daily cycle and the week around it), after that the oldest are dropped.
#pragma once

#include <optional>
#include <vector>

#include "base/time.h"

namespace trimtab::insight {

struct LoadHistory {
  Instant start;                // of the first bucket
  Duration bucket{};            // zero while empty
  std::vector<double> highest;  // highest load in each bucket, requests/s; negative: nothing was seen

  bool operator==(const LoadHistory&) const = default;
};

// Adds the load of a window that ended at `end`. `window` is the width of the first buckets. Windows older than the
// history are ignored. Amortised O(1); O(n log n) at a doubling, n at most 336.
void add_load(LoadHistory& history, Instant end, double load, Duration window);

// Time from the first bucket to the end of the last.
[[nodiscard]] Duration covered(const LoadHistory& history);

// The period with which the load repeats, when it is seen at least twice and clearly: the first strong peak of the
// autocorrelation (at least 0.5) after it has fallen below 0.25. Cost O(n^2), n at most 336.
[[nodiscard]] std::optional<Duration> find_cycle(const LoadHistory& history);

struct LoadForecast {
  double now = 0;      // latest load, requests/s
  double typical = 0;  // median of what is expected until the horizon
  double highest = 0;  // greatest load to be safe at
  std::optional<Duration> cycle;
  double growth = 1;  // of this cycle over the one before at the same time; 1 when unknown
  // Loads a configuration must be safe at, ascending: low, typical, high and highest of what is expected.
  std::vector<double> loads;
};

// What to expect until `horizon` from `at`. Conservative. With a cycle: never below the highest load of the last cycle,
// reaching back further over times in which nothing was seen,
// of the coming cycle as it was seven cycles ago (Monday's peak is known on Sunday), and of the second highest of the
// last seven; times the growth of one cycle, at most 1.1. Without one: the highest load ever seen, times 1.5 until a
// whole day was seen. Empty loads when nothing was seen.
[[nodiscard]] LoadForecast forecast(const LoadHistory& history, Instant at, Duration horizon);

}  // namespace trimtab::insight
