// kind: Study: a search for the best configuration before production. What may be chosen and what is wanted, where a
// trial runs, how it is loaded and measured, how much may be spent. See docs/guide/studies.md.
//
//   apiVersion: trimtab.dev/v1
//   kind: Study
//   name: shop-cost
//   application: application.yaml        # optional: parameters, objective, platform and metrics come from there
//   components: [{name: jvm, pack: jvm}] # or: parameters "jvm.heap" are those of packs; pack_rules as in Application
//   parameters: ...  constraints: ...  goal: ...  slos: ...  formulas: ...  baseline: ...     # as in kind: Space
//   platform: {kind: command, apply: [./apply.sh], revert: [./revert.sh], timeout: 60s}
//   trial:
//     repeats: 2                          # trials of one configuration
//     retries: 1                          # of a trial that failed, before the failure counts
//     warm_up: 20s
//     load:
//       command: [./load.sh, --rate, "40"]   # or one text for the shell
//       timeout: 5m
//       output: summary.json              # optional: read this file instead of standard output
//       metrics:
//         - {name: p95, json: latency_ms.p95, unit: ms}
//         - {name: throughput, regex: 'Requests/sec:\s+([0-9.]+)', scale: 1}
//     measure: {skip: 10s, window: 60s}   # Prometheus: from skip after the load's start to its end, at most window
//   prometheus: {url: "http://127.0.0.1:9090", timeout: 10s, token_file: ...}
//   metrics: [{name: cpu, query: "..[$WINDOW$]..", unit: cores, default: 0}]
//   budget: {experiments: 30, time: 2h}
//   seed: 1
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/study_output.h"
#include "model/application.h"
#include "optimizer/problem.h"
#include "packs/pack.h"

namespace trimtab::engine {

struct LoadTest {
  std::vector<std::string> command;  // empty: the application is loaded by somebody else
  Duration timeout = std::chrono::minutes(10);
  std::string output_file;  // empty: standard output
  std::vector<OutputMetric> metrics;
};

struct TrialPlan {
  int repeats = 1;
  int retries = 1;
  Duration warm_up{};
  LoadTest load;
  Duration skip{};                            // of the load, left out of the measurement
  Duration window = std::chrono::minutes(1);  // longest measured
};

struct StudyBudget {
  int experiments = 30;
  std::optional<Duration> time;  // spent in all, interruptions not counted
};

// A pure value.
struct StudyDefinition {
  std::string name;
  std::string description;
  optimizer::Problem problem;  // baseline: empty when the document gives none
  // Components, platform, telemetry and metrics of the trials. Its space and objective are those of the problem.
  model::Application application;
  TrialPlan trial;
  StudyBudget budget;
  std::uint64_t seed = 1;
  std::string goal_text;  // "minimize cost"
  std::string source_text;
  std::string revision;  // fingerprint of source_text
};

// `read_file` gives the text of a file named in the document. Errors: kInvalidInput with position and field of the
// first fault; those of read_file.
[[nodiscard]] Result<StudyDefinition> read_study(
    std::string_view text, const std::string& file, const packs::PackLibrary& packs,
    const std::function<Result<std::string>(const std::string& name)>& read_file);

}  // namespace trimtab::engine
