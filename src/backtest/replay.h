// Replay: every contestant sizes the same container through time; what it reserved is held against what was needed.
//
// The first `learn_days` are only watched. Then a contestant is asked at its own cadence, what it advises is in force
// from the next minute, and is counted until the trace ends. With `hold`, it is asked once and its advice stays; with a
// least cadence those that change limits by the minute are compared as what a team would carry out once a day.
// Pure and deterministic. Linear in the minutes of the trace.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "backtest/recommender.h"
#include "scan/sizing.h"

namespace trimtab::backtest {

// How often need stood at which multiple of what was reserved, so that "had everything been x times larger" is known.
class NeedRatios {
 public:
  NeedRatios();
  void add(double needed, double reserved);
  void add(const NeedRatios& other);
  [[nodiscard]] double share_above(double multiple) const;  // of all minutes
  // The least multiple of what was reserved with which no more than `share` of the minutes would lack.
  [[nodiscard]] double multiple_for(double share) const;
  [[nodiscard]] double count() const { return total_; }

 private:
  std::vector<double> counts_;  // in steps of half a percent
  double total_ = 0;
};

struct Outcome {
  double minutes = 0;         // of all replicas
  double cpu_minutes = 0;     // reserved, in core minutes
  double memory_minutes = 0;  // reserved, in MiB minutes
  double lacking_cores = 0;   // core minutes that were needed above the request
  double needed_cores = 0;
  double throttled = 0;  // replica minutes above a CPU limit
  double kills = 0;
  double changes = 0;
  NeedRatios cpu;
  NeedRatios memory;

  void add(const Outcome& other);
  [[nodiscard]] double short_share() const { return cpu.share_above(1); }  // of replica minutes: CPU above the request
  [[nodiscard]] double kills_a_week() const;                               // of a replica
  // A month's mean of one replica.
  [[nodiscard]] double cost(const scan::Prices& prices) const;
  // The same, had its CPU and memory been larger or smaller throughout so that they lack no oftener than `other`'s.
  [[nodiscard]] double cost_at_violations_of(const Outcome& other, const scan::Prices& prices) const;
  // short_share(), had its memory been larger or smaller throughout so that it lacks no oftener than `other`'s, and its
  // CPU so that it costs what `other` does: who saves on memory by being killed does not get CPU for it.
  [[nodiscard]] double short_share_at_cost_of(const Outcome& other, const scan::Prices& prices) const;
};

struct ReplayOptions {
  int learn_days = 14;
  bool hold = false;
  int least_cadence_minutes = 0;  // nobody is asked oftener
};

// Precondition: the trace is longer than learn_days.
[[nodiscard]] Outcome replay(const Trace& trace, Recommender& recommender, const ReplayOptions& options);

// As its developers set it, and what no one can know: the greatest need of the counted part.
[[nodiscard]] Outcome replay_as_set(const Trace& trace, const ReplayOptions& options);
[[nodiscard]] Outcome replay_greatest_need(const Trace& trace, const ReplayOptions& options);

// All that is compared, in the order of the table.
[[nodiscard]] std::vector<Contestant> contestants(const scan::SizingPolicy& policy);

}  // namespace trimtab::backtest
