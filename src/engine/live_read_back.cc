// What the runtimes say themselves of the values they run with (model::Metric::shows): a flag on the command line of an
// image wins over a variable that was set, an entry point that computes its own heap over both. What a runtime does not
// take is rolled back and then left alone.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "engine/live_step.h"

namespace trimtab::engine {
namespace {

// One window may be of an exporter that has not looked again since the restart.
constexpr int kWindowsInARow = 2;

}  // namespace

std::map<std::string, std::string> disobeyed(const model::Application& application, const model::Configuration& live,
                                             const WindowSamples& window) {
  std::map<std::string, std::string> found;
  for (const model::Metric& metric : application.metrics) {
    const auto set = live.number(metric.shows);
    const auto sample = window.samples.find(metric.name);
    if (metric.shows.empty() || !set || sample == window.samples.end()) continue;
    if (sample->second.status != MetricSample::Status::kUsable) continue;
    const double shown = sample->second.value;
    if (std::abs(shown - *set) <= metric.shows_within * std::abs(*set)) continue;
    found[metric.shows] = fmt::format("its runtime says {:.6g} {} where {:.6g} is set: something else decides it ({})",
                                      shown, metric.unit, *set, metric.name);
  }
  return found;
}

// True when the change that is being verified is rolled back for it: the window is no evidence then.
bool LiveStep::read_back(const WindowSamples& window) {
  std::map<std::string, int> counts;
  std::string reason;
  for (const auto& [parameter, why] : disobeyed(application_, state_.expected, window)) {
    const auto before = state_.disobeyed.find(parameter);
    counts[parameter] = before == state_.disobeyed.end() ? 1 : before->second + 1;
    if (counts[parameter] < kWindowsInARow) continue;
    leave_alone(parameter, why);
    if (state_.phase != Phase::kVerifying || !state_.decision) continue;
    const auto& changes = state_.decision->changes;
    const bool changed = std::ranges::any_of(
        changes, [&](const model::Change& change) { return change.parameter == parameter && !change.skipped; });
    if (changed) reason += fmt::format("{}{}: {}", reason.empty() ? "" : "; ", parameter, why);
  }
  state_.disobeyed = std::move(counts);
  if (reason.empty()) return false;
  begin_roll_back("guard", "not_taken: " + reason);
  return true;
}

void LiveStep::leave_alone(const std::string& parameter, const std::string& why) {
  if (!state_.left_alone.emplace(parameter, why).second) return;
  audit("parameter.left_alone", state_.decision ? state_.decision->id : "", parameter + ": " + why);
  notify("warning", fmt::format("{}: {} is left alone: {}", state_.application, parameter, why));
  if (state_.open && std::ranges::any_of(state_.open->changes,
                                         [&](const model::Change& change) { return change.parameter == parameter; })) {
    supersede_open(parameter + ": " + why);
  }
}

// Parameters that a proposal must not change, sorted.
std::vector<std::string> LiveStep::untouchable(model::Mode least) const {
  std::vector<std::string> names = frozen_below(application_, state_.mode, least);
  for (const auto& [parameter, why] : state_.left_alone) {
    if (application_.space.find(parameter) != nullptr) names.push_back(parameter);
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

}  // namespace trimtab::engine
