// Recommendation: a proposed configuration change with its evidence and life cycle.
//
//   proposed -> approved | rejected | expired | superseded
//   (edits and skips change a proposed recommendation and are recorded; they do not change its state)
//   approved -> applying -> verifying -> kept | rolled back | failed
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/configuration.h"

namespace trimtab::model {

enum class RecommendationState {
  kProposed,
  kApproved,
  kRejected,
  kExpired,
  kSuperseded,
  kApplying,
  kVerifying,
  kRollingBack,
  kKept,
  kRolledBack,
  kFailed,
};

// 90 % interval unless said otherwise.
struct Prediction {
  std::string metric;  // metric, formula or SLO name
  std::string unit;
  double current = 0;
  double mean = 0;
  double low = 0;
  double high = 0;
  double at_load = 0;  // requests/s at which it is stated
};

struct Binding {     // what keeps the proposal from going further
  std::string kind;  // "slo", "range", "step", "constraint", "memory", "evidence"
  std::string subject;
  std::string text;  // for people
};

struct Change {
  std::string parameter;
  std::string unit;
  Value current;
  Value proposed;               // as Trimtab proposed it
  std::optional<Value> edited;  // a person's value
  bool skipped = false;
  std::string effect;  // "live", "reload", "restart"
  std::string why;     // one sentence: the evidence for this value

  [[nodiscard]] const Value& effective() const { return skipped ? current : (edited ? *edited : proposed); }
};

struct Evidence {
  int windows = 0;             // usable windows the model has seen
  int windows_at_current = 0;  // of the current configuration
  double load_low = 0;         // range of loads covered, requests/s
  double load_high = 0;
  double load_expected = 0;             // highest load expected until the next decision
  std::vector<std::string> statements;  // what was seen that led to it, for people
};

struct LifeCycleEntry {
  Instant at;
  RecommendationState state = RecommendationState::kProposed;
  std::string actor;   // "trimtab", "policy", "guard", or a person's name
  std::string action;  // "proposed", "edited", "skipped", "approved", ...
  std::string reason;  // why; free text of the person or a stable code and text
};

// The comparison before/after at equal load.
struct Verdict {
  struct Row {
    std::string metric;
    double before = 0;
    double after = 0;
    double change = 0;  // relative
    double low = 0;     // confidence interval of the change
    double high = 0;
    double p_value = 1;      // of "worse than tolerated"
    std::string conclusion;  // "better", "same", "worse", "undecided"
  };
  std::string test;  // the stated test and confidence
  int windows_before = 0;
  int windows_after = 0;
  double load_before = 0;
  double load_after = 0;
  std::vector<Row> rows;
  std::string conclusion;  // for people
};

struct Recommendation {
  std::string id;  // ULID; also the decision id that keys every command
  std::string application;
  Instant created;
  Instant expires;
  RecommendationState state = RecommendationState::kProposed;
  std::string live_fingerprint;  // configuration it was made for: approval of another is stale
  Configuration current;
  std::vector<Change> changes;
  std::vector<Prediction> predictions;
  std::vector<Binding> bindings;
  Evidence evidence;
  std::string kind;     // "exploit", "explore", "return" (to a better known configuration), "rollback", "manual"
  std::string summary;  // one sentence
  // Probability that every SLO holds under the expected loads; unknown for values that no search has weighed.
  std::optional<double> confidence;
  double cost_current = 0;  // per month
  double cost_proposed = 0;
  std::vector<LifeCycleEntry> history;
  std::optional<Verdict> verdict;

  // current with every effective change set.
  [[nodiscard]] Configuration target() const;
};

[[nodiscard]] std::string_view to_string(RecommendationState state);
[[nodiscard]] std::optional<RecommendationState> parse_recommendation_state(std::string_view text);
// Whether `from` may be followed by `to`.
[[nodiscard]] bool may_follow(RecommendationState from, RecommendationState to);
[[nodiscard]] bool is_terminal(RecommendationState state);

}  // namespace trimtab::model
