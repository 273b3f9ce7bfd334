#include "optimizer/study_data.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <unordered_map>

#include "numeric/statistics.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Observation;

struct ContextScale {
  double low = 0;
  double size = 1;
};

double context_value(const ContextVariable& variable, const Observation& observation) {
  const auto at = observation.metrics.find(variable.name);
  const double value = at != observation.metrics.end() ? at->second : observation.load;
  return variable.log_scale ? std::log1p(std::max(0.0, value)) : value;
}

// Context variables come in any unit: each is mapped so that what was seen and is asked for spans [0, 1], or less when
// it varies by less than a tenth of its size.
std::vector<ContextScale> scale_context(const Problem& problem, const StudySearchRequest& request,
                                        std::vector<double>& asked) {
  std::vector<ContextScale> scales;
  for (const ContextVariable& variable : problem.context) {
    std::vector<double> values;
    for (const Observation& observation : request.observations)
      values.push_back(context_value(variable, observation));
    const auto wanted = request.context.find(variable.name);
    if (wanted != request.context.end())
      values.push_back(variable.log_scale ? std::log1p(std::max(0.0, wanted->second)) : wanted->second);
    if (values.empty()) values.push_back(0);
    const auto [low, high] = std::ranges::minmax(values);
    const double size = std::max({high - low, 0.1 * std::abs(high), 0.1 * std::abs(low)});
    scales.push_back({low, size > 0 ? size : 1});
    const double now = wanted != request.context.end()
                           ? values.back()
                           : values[std::max<std::size_t>(1, request.observations.size()) - 1];
    asked.push_back((now - low) / scales.back().size);
  }
  return scales;
}

std::string key_of(const std::vector<double>& row, const std::vector<double>& context) {
  std::string key;
  const auto append = [&](std::uint64_t bits) {
    for (int shift = 0; shift < 64; shift += 8)
      key.push_back(static_cast<char>(bits >> shift & 0xFF));
  };
  for (const double value : row)
    append(std::bit_cast<std::uint64_t>(value + 0.0));  // no negative zero
  for (const double value : context)
    append(static_cast<std::uint64_t>(std::lround(20 * value)));  // 5 % of what the variable spans
  return key;
}

void add_measurement(const model::Objective& objective, const Observation& observation, Trial& trial) {
  std::vector<double> goals;
  for (std::size_t g = 0; g < objective.goals().size(); ++g)
    if (const auto value = objective.goal_value(g, observation.metrics, observation.configuration))
      goals.push_back(*value);
  if (goals.size() != objective.goals().size()) return;
  trial.goals.resize(goals.size());
  trial.slos.resize(objective.slos().size());
  ++trial.count;
  for (std::size_t g = 0; g < goals.size(); ++g)
    trial.goals[g] += (goals[g] - trial.goals[g]) / trial.count;
  trial.goal_values.push_back(goals.front());
  for (std::size_t k = 0; k < objective.slos().size(); ++k)
    if (const auto value = objective.slo_value(k, observation.metrics, observation.configuration))
      trial.slos[k].push_back(*value);
}

bool last_holds(const model::Objective& objective, const Trial& trial) {
  for (std::size_t k = 0; k < trial.slos.size(); ++k)
    if (!trial.slos[k].empty() && !objective.slos()[k].holds(trial.slos[k].back())) return false;
  return true;
}

}  // namespace

bool Trial::holds(const model::Objective& objective) const {
  if (count == 0 || failures > 0) return false;
  for (std::size_t k = 0; k < slos.size(); ++k)
    if (slos[k].empty() || !objective.slos()[k].holds(numeric::mean(slos[k]))) return false;
  return true;
}

StudyData collect_trials(const Problem& problem, const StudySearchRequest& request, const Encoding& encoding) {
  StudyData data;
  const std::vector<ContextScale> scales = scale_context(problem, request, data.context);
  std::unordered_map<std::string, std::size_t> known;
  int seen = 0;
  for (const Observation& observation : request.observations) {
    std::vector<double> context;
    for (std::size_t v = 0; v < problem.context.size(); ++v)
      context.push_back((context_value(problem.context[v], observation) - scales[v].low) / scales[v].size);
    std::vector<double> row = encoding.encode(observation.configuration);
    const auto [at, fresh] = known.emplace(key_of(row, context), data.trials.size());
    if (fresh) {
      Trial& trial = data.trials.emplace_back();
      trial.configuration =
          encoding.is_conditional() ? encoding.canonical(observation.configuration) : observation.configuration;
      trial.row = std::move(row);
      trial.context = std::move(context);
    }
    Trial& trial = data.trials[at->second];
    if (observation.failed) {
      ++trial.failures;
    } else {
      add_measurement(problem.objective, observation, trial);
    }
    if (++seen > kFreeTrials && (observation.failed || !last_holds(problem.objective, trial))) ++data.breaches;
  }
  data.context_varies =
      std::ranges::any_of(data.trials, [&](const Trial& trial) { return trial.context != data.context; });
  return data;
}

std::vector<std::size_t> modelled_trials(const Problem& problem, const std::vector<Trial>& trials, std::size_t most) {
  std::vector<std::size_t> measured;
  for (std::size_t i = 0; i < trials.size(); ++i)
    if (trials[i].count > 0) measured.push_back(i);
  if (measured.size() <= most) return measured;
  const double sign = problem.objective.goals().front().direction == model::Direction::kMaximize ? -1 : 1;
  std::vector<std::size_t> order = measured;
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const bool holds_a = trials[a].holds(problem.objective);
    const bool holds_b = trials[b].holds(problem.objective);
    if (holds_a != holds_b) return holds_a;
    return sign * trials[a].goals.front() < sign * trials[b].goals.front();
  });
  std::vector<bool> chosen(trials.size(), false);
  std::size_t count = 0;
  const auto choose = [&](std::size_t i) {
    if (!chosen[i]) chosen[i] = true, ++count;
  };
  for (std::size_t i = 0; i < most / 2; ++i)
    choose(order[i]);
  for (std::size_t i = 0; i < most / 8; ++i)
    choose(measured[measured.size() - 1 - i]);
  const std::size_t left = most - count;
  for (std::size_t i = 0; i < left; ++i)
    choose(order[most / 2 + i * (order.size() - most / 2) / left]);
  std::erase_if(measured, [&](std::size_t i) { return !chosen[i]; });
  return measured;
}

}  // namespace trimtab::optimizer
