#include "model/recommendation.h"

#include <array>

namespace trimtab::model {
namespace {

using State = RecommendationState;

constexpr std::array<std::pair<State, std::string_view>, 11> kNames{{
    {State::kProposed, "proposed"},
    {State::kApproved, "approved"},
    {State::kRejected, "rejected"},
    {State::kExpired, "expired"},
    {State::kSuperseded, "superseded"},
    {State::kApplying, "applying"},
    {State::kVerifying, "verifying"},
    {State::kRollingBack, "rolling_back"},
    {State::kKept, "kept"},
    {State::kRolledBack, "rolled_back"},
    {State::kFailed, "failed"},
}};

}  // namespace

Configuration Recommendation::target() const {
  Configuration result = current;
  for (const auto& change : changes)
    result.set(change.parameter, change.effective());
  return result;
}

std::string_view to_string(RecommendationState state) {
  for (const auto& [value, name] : kNames) {
    if (value == state) return name;
  }
  return "unknown";
}

std::optional<RecommendationState> parse_recommendation_state(std::string_view text) {
  for (const auto& [value, name] : kNames) {
    if (name == text) return value;
  }
  return std::nullopt;
}

bool may_follow(RecommendationState from, RecommendationState to) {
  switch (from) {
    case State::kProposed:
      return to == State::kApproved || to == State::kRejected || to == State::kExpired || to == State::kSuperseded;
    // An approved change that turns out stale when it is validated again fails before anything was touched.
    case State::kApproved:
      return to == State::kApplying || to == State::kFailed || to == State::kSuperseded;
    case State::kApplying:
      return to == State::kVerifying || to == State::kRollingBack || to == State::kFailed;
    case State::kVerifying:
      return to == State::kKept || to == State::kRollingBack || to == State::kFailed;
    // Kept changes may still be rolled back by the guard while they are recent.
    case State::kKept:
      return to == State::kRollingBack;
    case State::kRollingBack:
      return to == State::kRolledBack || to == State::kFailed;
    case State::kRejected:
    case State::kExpired:
    case State::kSuperseded:
    case State::kRolledBack:
    case State::kFailed:
      return false;
  }
  return false;
}

bool is_terminal(RecommendationState state) {
  switch (state) {
    case State::kRejected:
    case State::kExpired:
    case State::kSuperseded:
    case State::kKept:
    case State::kRolledBack:
    case State::kFailed:
      return true;
    default:
      return false;
  }
}

}  // namespace trimtab::model
