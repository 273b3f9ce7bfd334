// Application: the document (kind: Application) that says what is optimised, where it runs, how it is measured, what
// must hold, what may change, and how much freedom Trimtab has. A pure value; see docs/guide/application.md.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/memory_model.h"
#include "model/objective.h"
#include "model/space.h"
#include "yaml/document.h"

namespace trimtab::model {

// One tunable thing, typed by a pack. Its parameters and metrics are named "<component>.<name>".
struct Component {
  std::string name;                           // "container", "jvm"
  std::string pack;                           // "container", "jvm", "tomcat"
  std::map<std::string, std::string> labels;  // Prometheus label matchers of its metrics
  std::string version;                        // of the technology: "17.0.5"; empty: not known
  std::string container;                      // the component it runs in; empty: the only one there is
  Configuration values;                       // of parameters that are left alone: {metaspace: 256}
};

// How the points of a window become one number.
enum class Aggregate { kWindow, kMean, kMax, kMin, kLast, kSum };
// kWindow: one instant query at the window's end, with $WINDOW$ the window's length (exact for rates and quantiles).
// others: a range query over the window with $WINDOW$ = the rate interval, then the aggregate of its points.

// What the engine may use a metric for, beyond formulas.
enum class MetricRole { kNone, kLoad, kThroughput, kLatency, kErrors, kOutOfMemory, kRestarts, kThrottling, kReplicas };

struct Metric {
  std::string name;
  std::string query;  // PromQL after template expansion, except $WINDOW$
  std::string unit;
  Aggregate aggregate = Aggregate::kWindow;
  MetricRole role = MetricRole::kNone;
  bool required = true;                 // absent data makes the window unusable
  std::optional<double> default_value;  // when an empty answer means this (no errors counted -> 0)
  double plausible_min = 0;             // outside: the window is refused and `trimtab doctor` complains
  double plausible_max = 1e15;
  std::string description;
  std::string shows;           // the parameter whose value the runtime tells by it, in the parameter's unit; else empty
  double shows_within = 0.02;  // a share of the value: runtimes round
};

enum class Mode { kObserve, kRecommend, kAutonomous };

struct Cadence {
  Duration window{};        // length of one observation
  Duration step{};          // resolution of range queries and live charts
  Duration decide_every{};  // shortest time between two proposals
  Duration guard_every{};   // how often the guard looks, outside the cadence
  Duration settle{};        // after a change: left out of evidence (warm-up)
  Duration expire_after{};  // a recommendation nobody answered
  int minimum_windows = 3;  // usable windows before the first proposal
  int verify_windows = 3;   // least windows after a change before the verdict
  int verify_windows_max = 12;
};

struct ChangeWindow {         // local days and times in which changes may be applied; none listed: always
  std::vector<int> weekdays;  // 1 Monday .. 7 Sunday; empty: all
  int from_minute = 0;        // minutes after midnight UTC
  int to_minute = 1440;
};

struct Policy {
  Mode mode = Mode::kRecommend;
  std::map<std::string, Mode, std::less<>> parameter_modes;  // stricter or looser per parameter
  double confidence = 0.95;           // of every SLO, under the loads expected until the next decision
  int max_parameters_per_change = 0;  // 0: no limit
  double minimum_saving = 0.01;       // relative gain below which nothing is proposed
  // What a change that restarts must gain beyond the best that can be changed in place: users feel cold processes.
  double minimum_saving_restart = 0.03;
  double verdict_confidence = 0.95;    // of the before/after comparison
  double tolerated_regression = 0.05;  // of p95 and errors at equal load, inside the SLO
  int guard_breaches = 2;              // consecutive guard looks in breach before rolling back
  Duration bar_failed_for{};           // how long a configuration that failed is not proposed again in that context
  std::vector<ChangeWindow> change_windows;
};

struct Prices {
  std::string currency = "EUR";
  double cpu_core_month = 0;
  double memory_gib_month = 0;
  double restart = 0;  // one-off cost of a change that restarts, in currency
};

struct Telemetry {
  std::string prometheus_url;
  Duration timeout{};
  std::string token_file;  // bearer token is read from here at run time; never stored
};

struct Application {
  std::string name;
  std::string description;
  std::vector<Component> components;
  std::string platform_kind;  // "local", "kubernetes", "simulated"
  yaml::Document platform;    // the block `platform:`; decoded by the platform's own adapter
  Telemetry telemetry;
  std::vector<Metric> metrics;
  std::string load_metric;
  Objective objective;
  Space space;
  std::vector<Monotone> monotone;             // what the packs know, with full names
  std::shared_ptr<const MemoryModel> memory;  // nullptr: nothing is known, or it was switched off
  Configuration baseline;                     // empty: what is live when the application is enrolled
  Prices prices;
  Cadence cadence;
  Policy policy;
  std::string source_text;  // the document as given, byte for byte
  std::string revision;     // fingerprint of source_text
};

[[nodiscard]] std::string_view to_string(Mode mode);
[[nodiscard]] std::optional<Mode> parse_mode(std::string_view text);

}  // namespace trimtab::model
