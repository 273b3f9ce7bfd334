#include "backtest/autopilot.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace trimtab::backtest {
namespace {

constexpr std::size_t kWindowMinutes = 5;
constexpr double kWindowsAnHour = 12;
constexpr double kCpuHalfLife = 12 * kWindowsAnHour;
constexpr std::size_t kMemoryWindows = 14 * 24 * 12;  // of the greatest use; its length is not published
constexpr std::size_t kHourWindows = 12;
constexpr double kServingShare = 0.95;
constexpr double kGrowth = 1.05;
constexpr double kAfterKill = 1.2;  // what was needed when it was killed is not seen; taken as the VPA takes it
constexpr double kLeastCpu = 0.005;
constexpr double kGreatestCpu = 64;
constexpr double kLeastMemory = 8;
constexpr double kGreatestMemory = 64 * 1024;

// 15 % for small limits down to 10 % for large ones (section 3.2.1: smaller for large limits).
double with_margin(double value, double large) {
  return value * (value < large ? 1.15 : 1.10);
}

}  // namespace

Buckets::Buckets(double first, double greatest) {
  for (double value = first; value < greatest * kGrowth; value *= kGrowth)
    values_.push_back(value);
}

std::size_t Buckets::of(double value) const {
  const auto at = std::lower_bound(values_.begin(), values_.end(), value);
  return std::min(static_cast<std::size_t>(at - values_.begin()), values_.size() - 1);
}

LoadAdjusted::LoadAdjusted(const Buckets& buckets, double half_life_windows)
    : buckets_(buckets), keep_(std::exp2(-1 / half_life_windows)), weights_(buckets.size(), 0) {}

void LoadAdjusted::add(const std::vector<double>& samples) {
  double load = 0;
  for (std::size_t k = 0; k < samples.size(); ++k)
    load += buckets_.value(k) * samples[k];
  for (std::size_t k = 0; k < samples.size(); ++k)
    weights_[k] = weights_[k] * keep_ + (load > 0 ? buckets_.value(k) * samples[k] / load : 0);
}

double LoadAdjusted::percentile(double share) const {
  const double total = std::accumulate(weights_.begin(), weights_.end(), 0.0);
  double sum = 0;
  for (std::size_t k = 0; k < weights_.size(); ++k) {
    sum += weights_[k];
    if (total > 0 && sum >= share * total) return buckets_.value(k);
  }
  return 0;
}

AutopilotWindow::AutopilotWindow()
    : buckets_(kLeastCpu, kGreatestCpu), cpu_(buckets_, kCpuHalfLife), samples_(buckets_.size(), 0) {}

void AutopilotWindow::observe(const MinuteUse& use) {
  for (std::size_t i = 0; i < use.cpu.size(); ++i) {
    samples_[buckets_.of(use.cpu[i])] += 1;
    window_memory_ = std::max<double>(window_memory_, use.memory[i] * (use.killed ? kAfterKill : 1));
  }
  if (++minutes_ % kWindowMinutes != 0) return;
  cpu_.add(samples_);
  std::fill(samples_.begin(), samples_.end(), 0);
  const std::size_t window = minutes_ / kWindowMinutes;
  while (!memory_.empty() && memory_.back().second <= window_memory_)
    memory_.pop_back();
  memory_.emplace_back(window, window_memory_);
  while (memory_.front().first + kMemoryWindows <= window)
    memory_.pop_front();
  window_memory_ = 0;
  Advice advice;
  advice.cpu = advice.cpu_limit = with_margin(cpu_.percentile(kServingShare), 1);
  advice.memory_mib = with_margin(memory_.front().second, 1024);
  hour_.push_back(advice);
  if (hour_.size() > kHourWindows) hour_.pop_front();
}

Advice AutopilotWindow::advise(std::size_t /*minute*/, const Advice& live) {
  if (hour_.empty()) return live;
  Advice advice;
  for (const Advice& each : hour_) {
    advice.cpu = advice.cpu_limit = std::max(advice.cpu, each.cpu);
    advice.memory_mib = std::max(advice.memory_mib, each.memory_mib);
  }
  return advice;
}

ArgminEnsemble::ArgminEnsemble(Buckets buckets, Weights weights) : buckets_(std::move(buckets)), weights_(weights) {
  for (const double half_life : {2 * kWindowsAnHour, 12 * kWindowsAnHour, 24 * kWindowsAnHour, 96 * kWindowsAnHour}) {
    for (const double margin : {0.0, 0.05, 0.10, 0.20, 0.40}) {
      Model model;
      model.decay = 1 - std::exp2(-1 / half_life);
      model.margin = margin;
      model.counts.assign(buckets_.size(), 0);
      models_.push_back(std::move(model));
    }
  }
}

double ArgminEnsemble::cost_of(const std::vector<double>& samples, double limit) const {
  double cost = 0;
  for (std::size_t k = 0; k < samples.size(); ++k) {
    const double off = buckets_.value(k) - limit;
    if (samples[k] > 0) cost += samples[k] * (off > 0 ? weights_.over * off : weights_.under * -off);
  }
  return cost;
}

// The cost of every limit in one pass: it changes by (w_u below - w_o above) from a bucket to the next.
void ArgminEnsemble::choose_bucket(Model& model, double change_cost) const {
  const double total = std::accumulate(model.counts.begin(), model.counts.end(), 0.0);
  double cost = cost_of(model.counts, buckets_.value(0));
  double below = 0;
  double least = std::numeric_limits<double>::infinity();
  std::size_t best = 0;
  for (std::size_t k = 0; k < buckets_.size(); ++k) {
    if (k > 0) {
      below += model.counts[k - 1];
      cost += (buckets_.value(k) - buckets_.value(k - 1)) * (weights_.under * below - weights_.over * (total - below));
    }
    const double with_change = cost + (k == model.bucket ? 0 : change_cost);
    if (with_change < least) {
      least = with_change;
      best = k;
    }
  }
  model.bucket = best;
}

void ArgminEnsemble::add(const std::vector<double>& samples) {
  double count = 0;
  double amount = 0;
  for (std::size_t k = 0; k < samples.size(); ++k) {
    count += samples[k];
    amount += samples[k] * buckets_.value(k);
  }
  if (count == 0) return;
  const double change_cost = weights_.limit_change * amount;
  for (Model& model : models_) {
    for (std::size_t k = 0; k < samples.size(); ++k)
      model.counts[k] = (1 - model.decay) * model.counts[k] + model.decay * samples[k];
    const double before = model.limit;
    // What the limit in force would have cost in this window, before it is chosen anew.
    const double cost = before > 0 ? cost_of(samples, before) : 0;
    choose_bucket(model, change_cost * model.decay);
    model.limit = buckets_.value(model.bucket) * (1 + model.margin);
    constexpr double kCostDecay = 1.0 / (24 * 12);  // a day's memory
    model.cost += kCostDecay * (cost + (model.limit == before ? 0 : change_cost) - model.cost);
  }
  double least = std::numeric_limits<double>::infinity();
  std::size_t best = chosen_;
  for (std::size_t m = 0; m < models_.size(); ++m) {
    const double cost = models_[m].cost + (m == chosen_ ? 0 : weights_.model_change * amount) +
                        (models_[m].limit == limit_ ? 0 : weights_.limit_change * amount);
    if (cost < least) {
      least = cost;
      best = m;
    }
  }
  chosen_ = best;
  limit_ = models_[chosen_].limit;
}

AutopilotMl::AutopilotMl()
    : cpu_buckets_(kLeastCpu, kGreatestCpu),
      memory_buckets_(kLeastMemory, kGreatestMemory),
      cpu_(cpu_buckets_, {}),
      // A kill costs more than a slow minute.
      memory_(memory_buckets_, {.over = 200, .under = 1, .limit_change = 0.02, .model_change = 0.01}),
      cpu_samples_(cpu_buckets_.size(), 0) {}

void AutopilotMl::observe(const MinuteUse& use) {
  peaks_.resize(use.memory.size(), 0);
  for (std::size_t i = 0; i < use.cpu.size(); ++i) {
    cpu_samples_[cpu_buckets_.of(use.cpu[i])] += 1;
    peaks_[i] = std::max<double>(peaks_[i], use.memory[i] * (use.killed ? kAfterKill : 1));
  }
  if (++minutes_ % kWindowMinutes != 0) return;
  cpu_.add(cpu_samples_);
  std::fill(cpu_samples_.begin(), cpu_samples_.end(), 0);
  std::vector<double> memory(memory_buckets_.size(), 0);
  for (double& peak : peaks_) {
    memory[memory_buckets_.of(peak)] += 1;
    peak = 0;
  }
  memory_.add(memory);
}

Advice AutopilotMl::advise(std::size_t /*minute*/, const Advice& live) {
  if (cpu_.limit() <= 0 || memory_.limit() <= 0) return live;
  return {cpu_.limit(), memory_.limit(), cpu_.limit()};
}

}  // namespace trimtab::backtest
