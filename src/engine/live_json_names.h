// How the live engine's choices are written in its journal. Private to live_json.cc.
#pragma once

#include "engine/live_state.h"
#include "model/json_archive.h"

namespace trimtab::model {

using namespace engine;  // NOLINT(google-build-using-namespace): every type of its values

inline const EnumNames<Phase>& phase_names() {
  static const EnumNames<Phase> names{{Phase::kStarting, "starting"},        {Phase::kObserving, "observing"},
                                      {Phase::kApplying, "applying"},        {Phase::kVerifying, "verifying"},
                                      {Phase::kRollingBack, "rolling_back"}, {Phase::kFrozen, "frozen"}};
  return names;
}

inline const EnumNames<Mode>& mode_names() {
  static const EnumNames<Mode> names{
      {Mode::kObserve, "observe"}, {Mode::kRecommend, "recommend"}, {Mode::kAutonomous, "autonomous"}};
  return names;
}

inline const EnumNames<QueryPurpose>& purpose_names() {
  static const EnumNames<QueryPurpose> names{{QueryPurpose::kObserve, "observe"}, {QueryPurpose::kGuard, "guard"}};
  return names;
}

inline const EnumNames<MetricSample::Status>& status_names() {
  using Status = MetricSample::Status;
  static const EnumNames<Status> names{{Status::kUsable, "usable"},        {Status::kMissing, "missing"},
                                       {Status::kNotFinite, "not_finite"}, {Status::kStale, "stale"},
                                       {Status::kPartial, "partial"},      {Status::kImplausible, "implausible"}};
  return names;
}

inline const EnumNames<PersonDecided::Action>& action_names() {
  using Action = PersonDecided::Action;
  static const EnumNames<Action> names{{Action::kApprove, "approve"}, {Action::kEdit, "edit"},
                                       {Action::kSkip, "skip"},       {Action::kUnskip, "unskip"},
                                       {Action::kReject, "reject"},   {Action::kExpire, "expire"}};
  return names;
}

inline const EnumNames<Code>& code_names() {
  static const EnumNames<Code> names = [] {
    EnumNames<Code> made;
    for (int i = static_cast<int>(Code::kInvalidInput); i <= static_cast<int>(Code::kInternal); ++i)
      made.emplace_back(static_cast<Code>(i), properties(static_cast<Code>(i)).name);
    return made;
  }();
  return names;
}

}  // namespace trimtab::model
