// What the engine does and waits for, in words.
#include <algorithm>

#include <fmt/format.h>

#include "engine/live_step.h"

namespace trimtab::engine {
namespace {

std::string seconds_text(Duration d) {
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(std::max(d, Duration::zero())));
}

}  // namespace

void LiveStep::describe() {
  // How far a change is, as the platform told, stays until it says more or the change ends.
  const std::string now = status();
  if (under_way<Apply>() == nullptr || !state_.status.starts_with(now + ": ")) state_.status = now;
  state_.waiting_for = waiting_for();
}

std::string LiveStep::paused_status() const {
  const std::string text = "paused by " + state_.pause_reason + ": nothing new begins";
  if (!state_.decision) return text;
  switch (state_.decision->state) {
    case State::kApplying:
    case State::kRollingBack:
      return text + "; the change that was under way is put back";
    case State::kVerifying:
      return text + "; the last change goes on being guarded and verified";
    default:
      return text + "; the approved change waits";
  }
}

std::string LiveStep::status() const {
  if (state_.paused) return paused_status();
  switch (state_.phase) {
    case Phase::kStarting:
      return "starting: reads the live configuration";
    case Phase::kApplying:
      return state_.roll_back_reason.empty() ? "applies an approved change"
                                             : "cuts the change short and puts it back: " + state_.roll_back_reason;
    case Phase::kVerifying:
      return fmt::format("verifies a change: {} of at least {} windows seen", windows_since_change().size(),
                         cadence().verify_windows);
    case Phase::kRollingBack:
      return "rolls back: " + state_.roll_back_reason;
    case Phase::kFrozen:
      return "frozen: the roll back failed; a person is needed, then resume";
    case Phase::kObserving:
      break;
  }
  if (!is_calm()) return "holds still: " + state_.disturbance;
  if (state_.decision) return "validates an approved change";
  if (!state_.data_trouble.empty()) return "observes nothing: " + state_.data_trouble;
  if (state_.breach_announced) return "observes: the SLOs are not met";
  if (state_.open) return "observes; a recommendation waits for a decision";
  return fmt::format("observes: {} usable windows", state_.windows_usable);
}

std::vector<std::string> LiveStep::waiting_for() const {
  std::vector<std::string> waiting;
  if (state_.paused) waiting.push_back("a person to resume");
  if (!state_.data_trouble.empty()) waiting.push_back("usable data: " + state_.data_trouble);
  if (!is_calm()) waiting.push_back(calm_again());
  if (state_.phase == Phase::kStarting) {
    waiting.push_back(state_.live.trouble.empty() ? "a healthy application with one configuration on every replica"
                                                  : "a healthy application: " + state_.live.trouble);
    return waiting;
  }
  if (state_.phase == Phase::kVerifying) {
    const int seen = static_cast<int>(windows_since_change().size());
    if (at_ < state_.configuration_since + cadence().settle) {
      waiting.push_back(fmt::format("the change to settle: {} more",
                                    seconds_text(state_.configuration_since + cadence().settle - at_)));
    } else if (seen < cadence().verify_windows) {
      waiting.push_back(fmt::format("{} more windows after the change", cadence().verify_windows - seen));
    } else {
      waiting.push_back(fmt::format("a clear comparison at equal load, at most {} more windows",
                                    std::max(0, cadence().verify_windows_max - seen)));
    }
  }
  if (state_.decision && state_.decision->state == State::kApproved && !in_change_window(policy(), at_)) {
    waiting.push_back("a change window");
  }
  if (state_.phase != Phase::kObserving || state_.decision || state_.paused) return waiting;
  if (state_.mode == model::Mode::kObserve) {
    waiting.push_back("another mode: the application is only observed");
    return waiting;
  }
  if (state_.open) waiting.push_back("a decision on the open recommendation");
  const int seen = windows_at(state_.expected);
  if (!state_.live.healthy) waiting.push_back("a healthy application");
  if (seen < cadence().minimum_windows) {
    waiting.push_back(fmt::format("not enough evidence yet: {} more windows at the present configuration",
                                  cadence().minimum_windows - seen));
  } else if (windows_since_change().empty()) {
    waiting.push_back("a window since the last change");
  }
  if (!state_.search_answer.empty()) waiting.push_back(state_.search_answer);
  if (!state_.open && at_ < state_.next_proposal) {
    waiting.push_back("the next look for a gain, in " + seconds_text(state_.next_proposal - at_));
  }
  return waiting;
}

}  // namespace trimtab::engine
