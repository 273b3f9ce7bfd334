// Questions about a live application that need no state machine: pure functions of the document, the state and numbers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/live_state.h"
#include "model/application.h"

namespace trimtab::engine {

[[nodiscard]] std::vector<std::string> parameter_names(const model::Space& space);

// Only the entries that the space knows and whose parameter is active: what can be compared between a document, a
// decision and a live process.
[[nodiscard]] model::Configuration project(const model::Space& space, const model::Configuration& configuration);
[[nodiscard]] bool same_configuration(const model::Space& space, const model::Configuration& a,
                                      const model::Configuration& b);

// The freedom Trimtab has with one parameter: observe when the application is only observed, else the parameter's own
// mode, else the application's.
[[nodiscard]] model::Mode mode_of(const model::Application& application, model::Mode application_mode,
                                  const std::string& parameter);
// Parameters whose mode is below `least`, sorted: those a search must leave alone.
[[nodiscard]] std::vector<std::string> frozen_below(const model::Application& application, model::Mode application_mode,
                                                    model::Mode least);

// Whether changes may be applied at this moment. Minutes and days are UTC; a window with from > to spans midnight.
[[nodiscard]] bool in_change_window(const model::Policy& policy, Instant at);

// The usable samples of a window.
[[nodiscard]] model::Metrics usable_metrics(const WindowSamples& window);
// Why the samples do not support a decision: "p95: no data; errors: stale"; empty when every required metric is usable.
[[nodiscard]] std::string unusable_reason(const model::Application& application, const WindowSamples& window);

// Parameters that the runtime itself says it runs with another value of than is live (model::Metric::shows), each with
// the words for people. Metrics that are missing say nothing.
[[nodiscard]] std::map<std::string, std::string> disobeyed(const model::Application& application,
                                                           const model::Configuration& live,
                                                           const WindowSamples& window);

// One look at the SLOs with the metrics there are. An SLO whose metrics are missing is not judged.
struct SloLook {
  bool complete = true;  // every SLO could be judged
  bool breached = false;
  bool severe = false;                   // one is at twice its bound (half, for a lower bound) or worse
  std::map<std::string, double> values;  // by SLO name, those judged
  std::string text;                      // "p95 <= 250: 412"; those breached
};
[[nodiscard]] SloLook look_at_slos(const model::Objective& objective, const model::Metrics& metrics,
                                   const model::Configuration& configuration);
// Not failed and no SLO breached.
[[nodiscard]] bool is_good(const model::Objective& objective, const model::Observation& observation);

// Sums over the replicas since the last change.
[[nodiscard]] int out_of_memory_kills(const LiveState& live);
[[nodiscard]] int unexpected_exits(const LiveState& live);
// "replica shop-1: crash loop"; empty when no replica complains.
[[nodiscard]] std::string replica_trouble(const LiveState& live);

// "0.85 cores", "G1".
[[nodiscard]] std::string value_text(const model::Value& value, const std::string& unit);
// "container.cpu_limit 1 -> 0.85 cores"
[[nodiscard]] std::string change_text(const model::Change& change);

}  // namespace trimtab::engine
