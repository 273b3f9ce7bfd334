#include "api/fake_live_service_test.h"

#include <algorithm>
#include <cmath>

namespace trimtab::api {
namespace {

using std::chrono::seconds;

model::Slo slo(const std::string& text, double bound) {
  model::Slo result;
  result.name = text;
  result.text = text;
  result.value = expr::Expression::parse(text).value();
  result.bound = bound;
  return result;
}

model::Parameter integer(const std::string& name, double min, double max) {
  model::Parameter result;
  result.name = name;
  result.type = model::ParameterType::kInteger;
  result.min = min;
  result.max = max;
  result.unit = "MiB";
  result.max_step = 128;
  return result;
}

model::Application sample_application() {
  model::Application made;
  made.name = "shop";
  made.description = "A \"small\" shop";
  made.platform_kind = "local";
  made.load_metric = "load";
  made.source_text = "kind: Application\n# a comment\n";
  made.prices = {"EUR", 20, 3, 0};
  made.cadence.window = seconds(15);
  made.cadence.step = seconds(5);
  made.metrics.resize(2);
  made.metrics[0].name = "load";
  made.metrics[0].unit = "requests/s";
  made.metrics[0].role = model::MetricRole::kLoad;
  made.metrics[1].name = "p95";
  made.metrics[1].unit = "ms";
  made.objective = model::Objective::create({{model::Direction::kMinimize, expr::Expression::constant(1), "1"}},
                                            {slo("p95", 250), slo("p95 / load", 10)}, {})
                       .value();
  model::Parameter gc;
  gc.name = "jvm.gc";
  gc.type = model::ParameterType::kCategorical;
  gc.values = {"Serial", "G1"};
  made.space = model::Space::create({integer("jvm.heap", 32, 4096), gc}, {}).value();
  made.policy.parameter_modes["jvm.gc"] = model::Mode::kObserve;
  return made;
}

model::Observation window(int minutes_ago, double p95) {
  model::Observation made;
  made.start = kNow - std::chrono::minutes(minutes_ago);
  made.end = made.start + seconds(15);
  made.configuration = {{"jvm.heap", 512.0}};
  made.metrics = {{"p95", p95}, {"load", 100.0}};
  return made;
}

engine::LiveApplicationState sample_state() {
  engine::LiveApplicationState made;
  made.application = "shop";
  made.phase = engine::Phase::kObserving;
  made.status = "observing";
  made.waiting_for = {"2 more windows"};
  made.live.configuration = {{"jvm.heap", 512.0}, {"jvm.gc", "G1"}};
  made.live.healthy = true;
  made.live.replicas.push_back({"shop-1", true, made.live.configuration, "1:2", 1, 0, ""});
  made.baseline = {{"jvm.heap", 1024.0}, {"jvm.gc", "G1"}};
  made.contexts = {{"c1", "valley", 1, 10, 5, 7, 0.4}, {"c2", "peak", 50, 200, 100, 9, 0.6}};
  made.context = "c2";
  made.load_now = 90;
  made.load_expected = NAN;
  made.slo_last = {{"p95", 300}};
  made.cost_current = 30;
  made.cost_baseline = 40;
  made.observations = {window(4, 100), window(3, 300), window(2, 100), window(1, 100), window(60 * 24 * 30, 900)};
  made.barred.push_back({{{"jvm.heap", 64.0}}, "c2", kNow + std::chrono::hours(1), "out of memory"});
  made.sequence = 6;
  made.open = sample_recommendation("r2");
  return made;
}

}  // namespace

model::Recommendation sample_recommendation(const std::string& id) {
  model::Recommendation made;
  made.id = id;
  made.application = "shop";
  made.created = kNow;
  made.expires = kNow + std::chrono::hours(1);
  made.current = {{"jvm.heap", 512.0}, {"jvm.gc", "G1"}};
  made.changes = {{"jvm.heap", "MiB", 512.0, 384.0, 400.0, false, "restart", "live data is 120 MiB"},
                  {"jvm.gc", "", "G1", "Serial", std::nullopt, true, "restart", "one processor"}};
  made.predictions = {{"p95", "ms", 120, 130, 110, INFINITY, 60}};
  made.bindings = {{"slo", "p95", "p95 would reach 250 ms"}};
  made.evidence.statements = {"12 windows at peak load"};
  made.kind = "exploit";
  made.summary = "Lower the heap";
  made.confidence = 0.97;
  made.cost_current = 40;
  made.cost_proposed = 30;
  made.history = {{kNow, model::RecommendationState::kProposed, "trimtab", "proposed", ""}};
  model::Verdict verdict;
  verdict.test = "Welch's test";
  verdict.rows = {{"p95", 120, 121, 0.01, -0.02, 0.04, 0.6, "same"}};
  made.verdict = verdict;
  return made;
}

FakeLiveService::FakeLiveService() {
  live_.push_back({sample_application(), sample_state(), kNow - std::chrono::hours(2)});
  static_cast<void>(store_.put_application("shop", "kind: Application", kNow));
  engine::StepResult step;
  step.state.application = "shop";
  step.state.sequence = 1;
  for (const auto* id : {"r1", "r2", "r3"}) {
    step.records.emplace_back(engine::RecommendationChanged{sample_recommendation(id)});
    step.records.emplace_back(engine::AuditEntry{kNow, "trimtab", "recommendation.proposed", id, "Lower the heap"});
  }
  step.records.emplace_back(engine::ConfigurationChanged{kNow - seconds(60), {{"jvm.heap", 512.0}}, "r0", "applied"});
  static_cast<void>(store_.commit("shop", {kNow, engine::Tick{}}, step));
}

Result<LiveApplication> FakeLiveService::application(const std::string& name) {
  const auto found = std::ranges::find_if(live_, [&](const auto& live) { return live.application.name == name; });
  if (found == live_.end()) return fail(not_found("there is no application \"" + name + "\""));
  return *found;
}

Result<LiveApplication> FakeLiveService::enroll(const std::string& document, const std::string& file,
                                                const std::string& actor) {
  if (refusal) return fail(*refusal);
  calls.push_back("enroll " + document + " " + file + " " + actor);
  return live_.front();
}

Result<void> FakeLiveService::remove(const std::string& name, const std::string& actor) {
  TRY(application(name));
  calls.push_back("remove " + name + " " + actor);
  return {};
}

Result<model::Recommendation> FakeLiveService::decide(const engine::PersonDecided& decision) {
  if (refusal) return fail(*refusal);
  decided = decision;
  return store_.recommendation(decision.recommendation);
}

Result<void> FakeLiveService::set_mode(const std::string& name, model::Mode mode, const std::string& actor) {
  TRY(application(name));
  calls.push_back("mode " + name + " " + std::string(model::to_string(mode)) + " " + actor);
  live_.front().state.mode = mode;
  return {};
}

Result<void> FakeLiveService::set_paused(const std::string& name, bool paused, const std::string& actor,
                                         const std::string& reason) {
  TRY(application(name));
  calls.push_back("paused " + name + (paused ? " yes " : " no ") + actor + " " + reason);
  live_.front().state.paused = paused;
  return {};
}

Result<std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>>> FakeLiveService::series(
    const std::string& name, const std::vector<std::string>& metrics, Instant from, Instant to, Duration step) {
  TRY(application(name));
  series_from = from;
  series_to = to;
  series_step = step;
  std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>> result;
  for (const auto& metric : metrics)
    result[metric] = {{from, 1.5}, {to, 2}};
  return result;
}

std::vector<ChangeNotice> FakeLiveService::changes(std::uint64_t since, Duration wait, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const auto news = [&] { return !notices_.empty() && notices_.back().sequence > since; };
  changed_.wait_for(lock, stop, wait, news);
  std::vector<ChangeNotice> result;
  std::ranges::copy_if(notices_, std::back_inserter(result), [&](const auto& one) { return one.sequence > since; });
  return result;
}

std::uint64_t FakeLiveService::latest_change() {
  const std::lock_guard lock(mutex_);
  return notices_.empty() ? 0 : notices_.back().sequence;
}

void FakeLiveService::notify(ChangeNotice notice) {
  {
    const std::lock_guard lock(mutex_);
    notices_.push_back(std::move(notice));
  }
  changed_.notify_all();
}

}  // namespace trimtab::api
