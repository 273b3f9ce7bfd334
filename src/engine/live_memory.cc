// What is remembered: windows of evidence (bounded), failures, and configurations that are barred for a time.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/live_step.h"

namespace trimtab::engine {
namespace {

constexpr std::size_t kMostObservations = 512;  // what a Gaussian process is conditioned on at most
constexpr std::size_t kMostBarred = 64;
// The newest are never thinned out: verdicts and the present load need them.
constexpr std::size_t kNewest = 64;

// The index to drop: of the configuration with most windows, the older of the two windows nearest in load.
std::size_t most_redundant(const std::vector<model::Observation>& observations) {
  struct Group {
    const model::Configuration* configuration;
    std::vector<std::size_t> members;
  };
  std::vector<Group> groups;
  for (std::size_t i = 0; i + kNewest < observations.size(); ++i) {
    if (observations[i].failed) continue;
    auto group = std::ranges::find_if(
        groups, [&](const Group& one) { return *one.configuration == observations[i].configuration; });
    if (group == groups.end()) group = groups.insert(groups.end(), {&observations[i].configuration, {}});
    group->members.push_back(i);
  }
  const auto largest = std::ranges::max_element(groups, {}, [](const Group& group) { return group.members.size(); });
  if (largest == groups.end() || largest->members.size() < 2) return 0;
  std::vector<std::size_t>& members = largest->members;
  std::ranges::sort(members, [&](std::size_t a, std::size_t b) {
    return observations[a].load != observations[b].load ? observations[a].load < observations[b].load : a < b;
  });
  std::size_t drop = members.front();
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i < members.size(); ++i) {
    const double distance = std::log1p(observations[members[i]].load) - std::log1p(observations[members[i - 1]].load);
    if (distance < nearest) nearest = distance, drop = std::min(members[i], members[i - 1]);
  }
  return drop;
}

}  // namespace

void LiveStep::remember(model::Observation observation) {
  records_.emplace_back(ObservationAdded{observation});
  state_.observations.push_back(std::move(observation));
  while (state_.observations.size() > kMostObservations) {
    state_.observations.erase(state_.observations.begin() +
                              static_cast<std::ptrdiff_t>(most_redundant(state_.observations)));
  }
  // A configuration changed by somebody else earns trust as any other: by windows in which every SLO held.
  if (!state_.decision && !same(state_.expected, state_.last_known_good)) {
    const Windows since = windows_since_change();
    const bool good =
        std::ranges::all_of(since, [this](const auto& seen) { return is_good(application_.objective, *seen); });
    if (good && static_cast<int>(since.size()) >= cadence().verify_windows_max) {
      state_.last_known_good = state_.expected;
    }
  }
}

// A configuration that broke the application: an observation for the model, and barred in this load context.
void LiveStep::remember_failure(const model::Configuration& configuration, const std::string& reason,
                                const model::Metrics& metrics) {
  model::Observation failed;
  failed.start = std::min(state_.configuration_since, at_);
  failed.end = at_;
  failed.configuration = project(application_.space, configuration);
  failed.load = state_.load_now;
  failed.context = state_.context;
  failed.metrics = metrics;
  failed.failed = true;
  failed.failure = reason;
  remember(failed);
  bar(configuration, state_.context, policy().bar_failed_for, reason);
}

void LiveStep::bar(const model::Configuration& configuration, const std::string& context, Duration length,
                   const std::string& reason) {
  state_.barred.push_back({project(application_.space, configuration), context, at_ + length, reason});
  if (state_.barred.size() > kMostBarred) state_.barred.erase(state_.barred.begin());
}

void LiveStep::forget() {
  std::erase_if(state_.barred, [this](const BarredConfiguration& one) { return one.until <= at_; });
}

// A failure at one load speaks against higher loads, too: barred where loads from that context up are expected.
bool LiveStep::is_barred(const model::Configuration& configuration, double highest_load) const {
  return std::ranges::any_of(state_.barred, [&](const BarredConfiguration& one) {
    if (one.until <= at_ || !same(one.configuration, configuration)) return false;
    const auto context = std::ranges::find(state_.contexts, one.context, &LoadContext::id);
    return context == state_.contexts.end() || context->low <= highest_load;
  });
}

int LiveStep::windows_at(const model::Configuration& configuration) const {
  return static_cast<int>(std::ranges::count_if(
      state_.observations, [&](const auto& seen) { return !seen.failed && same(seen.configuration, configuration); }));
}

// Evidence of the present configuration since it became live; failed windows count.
LiveStep::Windows LiveStep::windows_since_change() const {
  Windows since;
  for (const model::Observation& seen : state_.observations) {
    if (seen.start >= state_.configuration_since && same(seen.configuration, state_.expected)) since.push_back(&seen);
  }
  return since;
}

}  // namespace trimtab::engine
