// Live replay: recorded series of an application played through the live engine in simulated time, to see what it would
// have recommended when. Nothing is changed: a recording cannot tell how the service would have answered, so the engine
// sees the recorded configuration throughout, and recommends.
#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "backtest/recorded_series.h"
#include "backtest/table.h"

#include "engine/live_engine.h"

namespace trimtab::backtest {

struct LiveReplayOptions {
  int replicas = 1;    // that were running
  int learn_days = 0;  // the loads of these days are known at enrolment; 0: half of what was recorded, at most 14
  std::uint64_t seed = 1;
  std::function<void(std::size_t minute, std::size_t minutes)> on_progress;  // once a replayed day; may be empty
  std::stop_token stop;                                                      // kCancelled soon after it is requested
};

struct TimelineEntry {
  Instant at;
  std::string what;                      // "recommendation", or the audit's action: "slo.breach", "data.trouble"
  std::string text;                      // for people
  model::Recommendation recommendation;  // as proposed; of "recommendation" only
};

struct SloRecord {
  std::string slo;
  int windows = 0;   // in which it could be told
  int breached = 0;  // of them
};

struct LiveReplay {
  std::string application;
  std::string currency;
  Instant recorded_from;
  Instant enrolled;
  Instant end;
  int learn_days = 0;
  int windows_usable = 0;
  int windows_refused = 0;
  std::vector<TimelineEntry> timeline;
  std::vector<SloRecord> slos;  // as recorded, from enrolment on
  double cost_recorded = 0;     // a month
  double cost_imagined = 0;     // a month, had every recommendation been in force from when it was proposed
  std::string waits_for;        // at the end, when nothing was ever recommended
  scan::Prices prices;
  // By component whose CPU and memory were recorded; `imagined` is among the rows.
  std::map<std::string, BacktestTable> containers;
  std::vector<std::string> notes;  // what could not be compared, and why
};

inline constexpr std::string_view kImagined = "Trimtab live";

// The application's baseline must say what ran while it was recorded. Errors: kNotFound, kInvalidInput as
// RecordedSeries; kInvalidInput when the baseline is incomplete or too little was recorded.
[[nodiscard]] Result<LiveReplay> replay_live(model::Application application, const RecordedSeries& recorded,
                                             const LiveReplayOptions& options);

}  // namespace trimtab::backtest
