// A canary: one replica with the new values beside the others, the control group, at the same time behind the same
// Service. Looked at is every SLO whose metrics can be told by pod; a bound that the control group keeps and the canary
// does not, twice in a row (once at twice the bound), ends it.
//
// Both groups are measured over the same seconds, so a replica of one has the load of a replica of the other, as far as
// the Service spreads it evenly.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/metric_source.h"
#include "model/application.h"

namespace trimtab::platform {

// The query with `pod=~"a|b"` added to each of its selectors in braces. Text in quotes stays as it is. A metric whose
// query has none is not looked at.
[[nodiscard]] std::string restricted_to_pods(const std::string& query, const std::vector<std::string>& pods);

struct CanaryLook {
  bool judged = false;  // at least one SLO could be judged in both groups
  bool worse = false;   // the canary breaks a bound that the control group keeps
  bool severe = false;  // at twice the bound, or half of a lower one
  std::string text;     // "p95 <= 100: canary 412, others 80"
};

// `canary`, `control`: by metric, of the same seconds. The configurations are those of the groups.
[[nodiscard]] CanaryLook compare_groups(const model::Objective& objective, const engine::WindowSamples& canary,
                                        const engine::WindowSamples& control, const model::Configuration& canary_values,
                                        const model::Configuration& control_values);

// One canary's watch. Not thread safe.
class CanaryWatch {
 public:
  // `metrics`: null: nothing is measured. All outlive this object.
  CanaryWatch(const model::Application& application, engine::MetricSource* metrics) noexcept
      : application_(application), metrics_(metrics) {}

  // Measures both groups from `since` to `now` (a window's length at most). The reason when the canary is to end; else
  // empty. Metrics that are away judge nothing. Costs two queries a metric.
  [[nodiscard]] std::string look(const std::vector<std::string>& canary, const std::vector<std::string>& control,
                                 const model::Configuration& canary_values, const model::Configuration& control_values,
                                 Instant since, Instant now);
  // What was seen last, for people; empty when nothing could be judged.
  [[nodiscard]] const std::string& seen() const { return seen_; }

 private:
  [[nodiscard]] Result<engine::WindowSamples> measure(const std::vector<std::string>& pods, Instant start, Instant end);

  const model::Application& application_;
  engine::MetricSource* metrics_;
  int worse_in_a_row_ = 0;
  std::string seen_;
};

}  // namespace trimtab::platform
