#include "backtest/replay.h"

#include <algorithm>
#include <cmath>

#include "backtest/autopilot.h"
#include "backtest/krr.h"
#include "backtest/kruize.h"
#include "backtest/sized_by_scan.h"
#include "backtest/sized_often.h"
#include "backtest/vpa.h"

namespace trimtab::backtest {
namespace {

constexpr double kStep = 0.005;   // of the logarithm of need over reserve
constexpr double kLeastLog = -5;  // e^-5: 0.7 %
constexpr double kGreatestLog = 5;
constexpr std::size_t kMinutesADay = 1440;
constexpr std::size_t kBackOffMinutes = 5;  // a killed container is tried again after so long (CrashLoopBackOff's cap)
constexpr double kMinutesAWeek = 7 * 1440;

class Replaying {
 public:
  Replaying(const Trace& trace, const ReplayOptions& options)
      : trace_(trace),
        learn_(static_cast<std::size_t>(options.learn_days) * kMinutesADay),
        killed_at_(trace.replicas.size(), 0) {
    live_ = {trace.request_cpu, trace.request_memory_mib, 0};
    use_.cpu.resize(trace.replicas.size());
    use_.memory.resize(trace.replicas.size());
  }

  [[nodiscard]] const MinuteUse& see(std::size_t minute) {
    use_.minute = minute;
    use_.killed = false;
    for (std::size_t i = 0; i < trace_.replicas.size(); ++i) {
      const float needed = trace_.replicas[i].memory[minute];
      use_.cpu[i] = trace_.replicas[i].cpu[minute];
      use_.memory[i] = std::min(needed, static_cast<float>(live_.memory_mib));
      if (needed <= live_.memory_mib) continue;
      if (killed_at_[i] != 0 && minute < killed_at_[i] + kBackOffMinutes) continue;
      killed_at_[i] = minute;
      use_.killed = true;
      if (minute >= learn_) outcome_.kills += 1;
    }
    if (minute >= learn_) book(minute);
    return use_;
  }

  void set(const Advice& advice, bool counted) {
    const bool same = advice.cpu == live_.cpu && advice.memory_mib == live_.memory_mib;
    if (!same && counted) outcome_.changes += 1;
    live_ = advice;
  }

  [[nodiscard]] const Advice& live() const { return live_; }
  [[nodiscard]] std::size_t learn() const { return learn_; }
  Outcome outcome_;

 private:
  void book(std::size_t minute) {
    for (const ReplicaNeed& need : trace_.replicas) {
      const double cpu = need.cpu[minute];
      outcome_.minutes += 1;
      outcome_.cpu_minutes += live_.cpu;
      outcome_.memory_minutes += live_.memory_mib;
      outcome_.needed_cores += cpu;
      outcome_.lacking_cores += std::max(0.0, cpu - live_.cpu);
      if (live_.cpu_limit > 0 && cpu > live_.cpu_limit) outcome_.throttled += 1;
      outcome_.cpu.add(cpu, live_.cpu);
      outcome_.memory.add(need.memory[minute], live_.memory_mib);
    }
  }

  const Trace& trace_;
  std::size_t learn_;
  std::vector<std::size_t> killed_at_;
  Advice live_;
  MinuteUse use_;
};

Outcome replay_fixed(const Trace& trace, const ReplayOptions& options, const Advice& advice) {
  Replaying replaying(trace, options);
  replaying.set(advice, false);
  for (std::size_t m = replaying.learn(); m < trace.minutes(); ++m)
    static_cast<void>(replaying.see(m));
  return replaying.outcome_;
}

}  // namespace

NeedRatios::NeedRatios() : counts_(static_cast<std::size_t>((kGreatestLog - kLeastLog) / kStep) + 1, 0) {}

void NeedRatios::add(double needed, double reserved) {
  const double log = std::log(std::max(needed, 1e-9) / reserved);
  // A need of exactly what is reserved does not lack: steps are closed above.
  const double step = std::ceil((log - kLeastLog) / kStep - 1e-9);
  counts_[static_cast<std::size_t>(std::clamp(step, 0.0, static_cast<double>(counts_.size() - 1)))] += 1;
  total_ += 1;
}

void NeedRatios::add(const NeedRatios& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i)
    counts_[i] += other.counts_[i];
  total_ += other.total_;
}

double NeedRatios::share_above(double multiple) const {
  const auto first = static_cast<std::size_t>(std::max(0.0, std::round((std::log(multiple) - kLeastLog) / kStep))) + 1;
  double above = 0;
  for (std::size_t i = first; i < counts_.size(); ++i)
    above += counts_[i];
  return total_ > 0 ? above / total_ : 0;
}

double NeedRatios::multiple_for(double share) const {
  double above = 0;
  for (std::size_t i = counts_.size(); i-- > 0;) {
    above += counts_[i];
    if (above > share * total_ + 1e-9) return std::exp(kLeastLog + kStep * static_cast<double>(i));
  }
  return std::exp(kLeastLog);
}

void Outcome::add(const Outcome& other) {
  minutes += other.minutes;
  cpu_minutes += other.cpu_minutes;
  memory_minutes += other.memory_minutes;
  lacking_cores += other.lacking_cores;
  needed_cores += other.needed_cores;
  throttled += other.throttled;
  kills += other.kills;
  changes += other.changes;
  cpu.add(other.cpu);
  memory.add(other.memory);
}

double Outcome::kills_a_week() const {
  return minutes > 0 ? kills / minutes * kMinutesAWeek : 0;
}

double Outcome::cost(const scan::Prices& prices) const {
  if (minutes <= 0) return 0;
  return cpu_minutes / minutes * prices.cpu_core_month + memory_minutes / minutes / 1024 * prices.memory_gib_month;
}

double Outcome::cost_at_violations_of(const Outcome& other, const scan::Prices& prices) const {
  Outcome scaled = *this;
  scaled.cpu_minutes *= cpu.multiple_for(other.cpu.share_above(1));
  scaled.memory_minutes *= memory.multiple_for(other.memory.share_above(1));
  return scaled.cost(prices);
}

double Outcome::short_share_at_cost_of(const Outcome& other, const scan::Prices& prices) const {
  if (minutes <= 0) return 0;
  const double memory_cost =
      memory_minutes / minutes / 1024 * prices.memory_gib_month * memory.multiple_for(other.memory.share_above(1));
  const double cpu_cost = cpu_minutes / minutes * prices.cpu_core_month;
  const double left = other.cost(prices) - memory_cost;
  return left > 0 && cpu_cost > 0 ? cpu.share_above(left / cpu_cost) : 1;
}

Outcome replay(const Trace& trace, Recommender& recommender, const ReplayOptions& options) {
  Replaying replaying(trace, options);
  const auto cadence = static_cast<std::size_t>(std::max(recommender.cadence_minutes(), options.least_cadence_minutes));
  for (std::size_t m = 0; m < trace.minutes(); ++m) {
    // Asked from the end of the learning on; the first advice is no change that anyone counts.
    const bool first = m == replaying.learn();
    if (first || (m > replaying.learn() && !options.hold && (m - replaying.learn()) % cadence == 0)) {
      replaying.set(recommender.advise(m, replaying.live()), !first);
    }
    recommender.observe(replaying.see(m));
  }
  return replaying.outcome_;
}

Outcome replay_as_set(const Trace& trace, const ReplayOptions& options) {
  return replay_fixed(trace, options, {trace.request_cpu, trace.request_memory_mib, 0});
}

Outcome replay_greatest_need(const Trace& trace, const ReplayOptions& options) {
  Advice advice;
  const auto learn = static_cast<std::ptrdiff_t>(static_cast<std::size_t>(options.learn_days) * kMinutesADay);
  for (const ReplicaNeed& need : trace.replicas) {
    advice.cpu = std::max<double>(advice.cpu, *std::max_element(need.cpu.begin() + learn, need.cpu.end()));
    advice.memory_mib =
        std::max<double>(advice.memory_mib, *std::max_element(need.memory.begin() + learn, need.memory.end()));
  }
  return replay_fixed(trace, options, advice);
}

std::vector<Contestant> contestants(const scan::SizingPolicy& policy) {
  const auto replicas = [](const Trace& trace) { return trace.replicas.size(); };
  return {
      {"VPA", [=](const Trace& t) { return std::make_unique<Vpa>(replicas(t)); }},
      {"KRR simple", [=](const Trace& t) { return std::make_unique<Krr>(krr_simple(), replicas(t)); }},
      {"KRR simple_limit", [=](const Trace& t) { return std::make_unique<Krr>(krr_simple_limit(), replicas(t)); }},
      {"Autopilot window", [](const Trace&) { return std::make_unique<AutopilotWindow>(); }},
      {"Autopilot ML", [](const Trace&) { return std::make_unique<AutopilotMl>(); }},
      {"Kruize cost", [=](const Trace& t) { return std::make_unique<Kruize>(Kruize::Profile::kCost, replicas(t)); }},
      {"Kruize performance",
       [=](const Trace& t) { return std::make_unique<Kruize>(Kruize::Profile::kPerformance, replicas(t)); }},
      {"Trimtab often", [=](const Trace& t) { return std::make_unique<SizedOften>(t, policy); }},
      {"Trimtab", [=](const Trace& t) { return std::make_unique<SizedByScan>(t, policy); }},
  };
}

}  // namespace trimtab::backtest
