// Trouble around the application: a node that is not well, a rollout by somebody else. Nothing new begins while it
// lasts and for the time to settle after it; what is measured meanwhile says nothing about a configuration. A change
// that is live already goes on being guarded, and is put back when it has to be.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/live_step.h"

namespace trimtab::engine {
namespace {

constexpr std::size_t kMostReleases = 4;  // as many as the search tells apart

}  // namespace

// Said once when it begins and once when it has been over for long enough.
void LiveStep::watch_surroundings() {
  watch_release();
  const std::string& seen = state_.live.disturbance;
  if (seen.empty()) {
    if (is_calm() || was_disturbed(at_)) return;
    audit("platform.calm", {}, "over: " + state_.disturbance);
    state_.disturbance.clear();
    return;
  }
  if (is_calm()) {
    audit("platform.disturbed", state_.decision ? state_.decision->id : "", seen);
    notify("warning", fmt::format("{}: nothing new begins: {}", state_.application, seen));
  }
  state_.disturbance = seen;
  state_.disturbed_at = at_;
}

// Another program is another application: what is open was made for the one before, and a change under verification has
// nothing left to be compared with. The windows stay, as what one release knows of the next (SafeSearchRequest).
void LiveStep::watch_release() {
  const std::string& seen = state_.live.release;
  if (seen.empty() || seen == state_.release) return;
  const std::string before = std::exchange(state_.release, seen);
  if (before.empty()) return;        // the first look
  state_.configuration_since = at_;  // with another program it is another configuration: it settles anew
  state_.released.push_back(at_);
  if (state_.released.size() > kMostReleases) state_.released.erase(state_.released.begin());
  const std::string text = fmt::format("a new release runs: {} -> {}", before, seen);
  audit("release.changed", state_.decision ? state_.decision->id : "", text);
  notify("info", state_.application + ": " + text);
  supersede_open(text);
  state_.last_kept.reset();
  if (state_.decision && state_.decision->state == State::kVerifying) {
    end_decision(State::kFailed, "failed", "release: " + text + "; nothing is left to compare with, it stays as it is");
  }
}

// Slowness while something is wrong around the application is not held against a configuration.
void LiveStep::blame(const model::Configuration& configuration, const std::string& why, const model::Metrics& metrics) {
  if (is_calm() || !why.starts_with(kSlow)) remember_failure(configuration, why, metrics);
}

// Whether what began at `start` began before all had settled.
bool LiveStep::was_disturbed(Instant start) const {
  return state_.disturbed_at && start < *state_.disturbed_at + cadence().settle;
}

// The way back to what met the SLOs may be needed because of the trouble: a person who sees it may have it at once.
bool LiveStep::may_begin(const model::Recommendation& decision) const {
  if (is_calm()) return true;
  const auto approved = std::ranges::find(decision.history, State::kApproved, &model::LifeCycleEntry::state);
  return decision.kind == "return" && approved != decision.history.end() && approved->actor != "policy";
}

// For people: what is waited for.
std::string LiveStep::calm_again() const {
  const std::string text = "calm around the application: " + state_.disturbance;
  if (!state_.live.disturbance.empty() || !state_.disturbed_at) return text;
  const Duration left = *state_.disturbed_at + cadence().settle - at_;
  return fmt::format(
      "{} (over; {} more to settle)", text,
      format_duration(std::chrono::duration_cast<std::chrono::seconds>(std::max(left, Duration::zero()))));
}

}  // namespace trimtab::engine
