#include "engine/live_json.h"

#include <cmath>
#include <limits>

#include <boost/pfr.hpp>
#include <gtest/gtest.h>

#include "base/random.h"
#include "json/json.h"
#include "model/recommendation_json.h"

namespace trimtab::engine {
namespace {

// Random values of every type, so that a field that is forgotten in one direction shows.
class Any {
 public:
  explicit Any(std::uint64_t seed) : random_(seed) {}

  double number() {
    switch (random_.below(6)) {
      case 0:
        return std::numeric_limits<double>::infinity();
      case 1:
        return -std::numeric_limits<double>::denorm_min();
      case 2:
        return 0.1 + 0.2;
      default:
        return random_.normal() * std::pow(10.0, random_.uniform(-12, 12));
    }
  }
  int integer() { return static_cast<int>(random_.next()); }
  bool boolean() { return random_.below(2) == 1; }
  std::string text() {
    static const std::vector<std::string> kTexts{
        "", "plain", "quote \" backslash \\ newline \n", "größer", "\x01", "日本語", "nan", "inf"};
    return kTexts[random_.below(kTexts.size())] + (boolean() ? std::to_string(random_.below(1000)) : "");
  }
  Instant instant() { return {static_cast<std::int64_t>(random_.next() >> 1) * (boolean() ? 1 : -1)}; }
  model::Value value() {
    if (boolean()) return model::Value(text());
    return model::Value(number());
  }
  model::Configuration configuration() {
    model::Configuration made;
    for (std::uint64_t i = random_.below(4); i > 0; --i)
      made.set("p" + std::to_string(random_.below(9)), value());
    return made;
  }
  template <class Make>
  auto list(Make make) {
    std::vector<decltype(make())> made;
    for (std::uint64_t i = random_.below(3); i > 0; --i)
      made.push_back(make());
    return made;
  }
  template <class Make>
  auto maybe(Make make) {
    return boolean() ? std::optional(make()) : std::nullopt;
  }
  Error error() {
    return {static_cast<Code>(random_.below(12)), text(), text(), text(), {text(), integer(), integer()}};
  }
  model::RecommendationState recommendation_state() {
    return static_cast<model::RecommendationState>(random_.below(11));
  }
  model::Recommendation recommendation() {
    model::Recommendation made;
    made.id = text(), made.application = text(), made.created = instant(), made.expires = instant();
    made.state = recommendation_state(), made.live_fingerprint = text(), made.current = configuration();
    made.changes = list([&] {
      return model::Change{text(), text(), value(), value(), maybe([&] { return value(); }), boolean(), text(), text()};
    });
    made.predictions =
        list([&] { return model::Prediction{text(), text(), number(), number(), number(), number(), number()}; });
    made.bindings = list([&] { return model::Binding{text(), text(), text()}; });
    made.evidence = {integer(), integer(), number(), number(), number(), list([&] { return text(); })};
    made.kind = text(), made.summary = text(), made.confidence = maybe([&] { return number(); });
    made.cost_current = number(), made.cost_proposed = number();
    made.history =
        list([&] { return model::LifeCycleEntry{instant(), recommendation_state(), text(), text(), text()}; });
    made.verdict = maybe([&] {
      return model::Verdict{text(),
                            integer(),
                            integer(),
                            number(),
                            number(),
                            list([&] {
                              return model::Verdict::Row{text(),   number(), number(), number(),
                                                         number(), number(), number(), text()};
                            }),
                            text()};
    });
    return made;
  }
  model::Metrics metrics() {
    model::Metrics made;
    for (std::uint64_t i = random_.below(3); i > 0; --i)
      made[text()] = number();
    return made;
  }
  model::Observation observation() {
    return {instant(), instant(), configuration(), number(), text(), metrics(), boolean(), text()};
  }
  LiveState live() {
    return {
        instant(),
        configuration(),
        text(),
        text(),
        list([&] { return ReplicaState{text(), boolean(), configuration(), text(), integer(), integer(), text()}; }),
        boolean(),
        text(),
        text(),
        text()};
  }
  WindowSamples window() {
    WindowSamples made{instant(), instant(), {}};
    for (std::uint64_t i = random_.below(3); i > 0; --i) {
      made.samples[text()] = {number(), integer(), integer(), instant(),
                              static_cast<MetricSample::Status>(random_.below(6))};
    }
    return made;
  }
  Command command() {
    switch (random_.below(5)) {
      case 3:
        return {text(), StopApply{text()}};
      case 0:
        return {text(), QueryMetrics{static_cast<QueryPurpose>(random_.below(2)), instant(), instant()}};
      case 1:
        return {text(), ReadLive{}};
      case 2:
        return {text(), Apply{{text(), text(), configuration(), text(), boolean()}}};
      default:
        return {text(), Notify{text(), text(), text()}};
    }
  }
  Event event() {
    const Instant at = instant();
    switch (random_.below(12)) {
      case 0:
        return {at, Tick{}};
      case 1:
        return {at, MetricsArrived{text(), window()}};
      case 2:
        return {at, MetricsFailed{text(), error()}};
      case 3:
        return {at, LiveRead{text(), live()}};
      case 4:
        return {at, LiveReadFailed{text(), error()}};
      case 5:
        return {at, Applied{text(), live()}};
      case 6:
        return {at, ApplyFailed{text(), error(), maybe([&] { return live(); })}};
      case 7:
        return {at, ApplyProgressed{text(), {text(), integer(), integer()}}};
      case 8:
        return {at, PersonDecided{static_cast<PersonDecided::Action>(random_.below(6)), text(), text(), text(),
                                  configuration()}};
      case 9:
        return {at, ModeChanged{static_cast<model::Mode>(random_.below(3)), text()}};
      case 10:
        return {at, PauseChanged{boolean(), text(), text()}};
      default:
        return {at, Restarted{}};
    }
  }
  Record record() {
    switch (random_.below(4)) {
      case 0:
        return AuditEntry{instant(), text(), text(), text(), text()};
      case 1:
        return RecommendationChanged{recommendation()};
      case 2:
        return ObservationAdded{observation()};
      default:
        return ConfigurationChanged{instant(), configuration(), text(), text()};
    }
  }
  LiveApplicationState state() {
    LiveApplicationState made;
    made.application = text(), made.revision = text(), made.phase = static_cast<Phase>(random_.below(6));
    made.phase_since = instant(), made.paused = boolean(), made.mode = static_cast<model::Mode>(random_.below(3));
    made.sequence = random_.next(), made.seed = random_.next(), made.live = live();
    made.expected = configuration(), made.search_answer = text();
    made.baseline = configuration(), made.last_known_good = configuration(), made.configuration_since = instant();
    made.next_window = instant(), made.next_guard = instant(), made.next_proposal = instant();
    made.guard_breaches = integer(), made.guard_severe = integer(), made.guard_troubles = integer();
    made.out_of_memory_seen = integer(), made.restarts_seen = integer(), made.breach_announced = boolean();
    made.open = maybe([&] { return recommendation(); }), made.decision = maybe([&] { return recommendation(); });
    made.last_kept = maybe([&] { return recommendation(); }), made.kept_at = instant();
    made.roll_back_target = configuration(), made.roll_back_reason = text(), made.attempts = integer();
    made.retry_at = instant();
    made.under_way = list([&] { return CommandUnderWay{command(), instant(), instant()}; });
    made.barred = list([&] { return BarredConfiguration{configuration(), text(), instant(), text()}; });
    made.loads = {instant(), Duration(integer()), list([&] { return number(); })};
    made.contexts =
        list([&] { return LoadContext{text(), text(), number(), number(), number(), integer(), number()}; });
    made.context = text(), made.status = text(), made.waiting_for = list([&] { return text(); });
    made.load_now = number(), made.load_expected = number(), made.windows_usable = integer();
    made.windows_refused = integer(), made.pause_reason = text(), made.data_trouble = text();
    made.disturbance = text(), made.disturbed_at = maybe([&] { return instant(); });
    made.release = text(), made.released = list([&] { return instant(); });
    made.left_alone[text()] = text(), made.disobeyed[text()] = integer();
    made.slo_last[text()] = number(), made.cost_current = number(), made.cost_baseline = number();
    return made;
  }

 private:
  Random random_;
};

constexpr std::uint64_t kSeeds = 300;

// Through text, as the store does; the second writing must be the first, and the value must not have changed.
template <class T, class Read>
void expect_round_trip(const T& value, Read read) {
  const std::string text = to_json(value).dump();
  const auto parsed = json::parse(text);
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  const auto again = read(*parsed);
  ASSERT_TRUE(again) << again.error().to_string() << "\n" << text;
  EXPECT_EQ(to_json(*again).dump(), text);
}

TEST(LiveJson, EveryEventSurvives) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed)
    expect_round_trip(Any(seed).event(), event_from_json);
}
TEST(LiveJson, EveryCommandSurvives) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed)
    expect_round_trip(Any(seed).command(), command_from_json);
}
TEST(LiveJson, EveryRecordSurvives) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed)
    expect_round_trip(Any(seed).record(), record_from_json);
}
TEST(LiveJson, EveryStateSurvives) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    expect_round_trip(Any(seed).state(), live_application_state_from_json);
  }
}
TEST(LiveJson, RecommendationsAndObservationsSurvive) {
  using model::observation_from_json;
  using model::recommendation_from_json;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    expect_round_trip(Any(seed).recommendation(), recommendation_from_json);
    expect_round_trip(Any(seed).observation(), observation_from_json);
    expect_round_trip(Any(seed).live(), live_state_from_json);
  }
}

// A member that is neither written nor read would pass the round trip: count them.
template <class T>
constexpr std::size_t kMembers = boost::pfr::tuple_size_v<T>;

TEST(LiveJson, NoMemberIsForgotten) {
  const auto size = [](const nlohmann::json& json) { return json.size() - 1; };  // but for the version
  EXPECT_EQ(size(model::to_json(model::Recommendation{})), kMembers<model::Recommendation>);
  EXPECT_EQ(size(model::to_json(model::Observation{})), kMembers<model::Observation>);
  EXPECT_EQ(size(to_json(LiveApplicationState{})), kMembers<LiveApplicationState> - 1);  // the observations
  LiveState live;
  live.replicas.emplace_back();
  EXPECT_EQ(size(to_json(live)), kMembers<LiveState>);
  EXPECT_EQ(to_json(live)["replicas"][0].size(), kMembers<ReplicaState>);
  EXPECT_EQ(to_json(LiveApplicationState{})["loads"].size(), kMembers<insight::LoadHistory>);

  model::Recommendation full;
  full.changes.emplace_back();
  full.predictions.emplace_back();
  full.history.emplace_back();
  full.verdict.emplace().rows.emplace_back();
  const nlohmann::json json = model::to_json(full);
  EXPECT_EQ(json["changes"][0].size(), kMembers<model::Change>);
  EXPECT_EQ(json["predictions"][0].size(), kMembers<model::Prediction>);
  EXPECT_EQ(json["history"][0].size(), kMembers<model::LifeCycleEntry>);
  EXPECT_EQ(json["evidence"].size(), kMembers<model::Evidence>);
  EXPECT_EQ(json["verdict"].size(), kMembers<model::Verdict>);
  EXPECT_EQ(json["verdict"]["rows"][0].size(), kMembers<model::Verdict::Row>);
}

TEST(LiveJson, NumbersThatJsonDoesNotKnowSurvive) {
  model::Observation observation;
  observation.metrics = {{"a", std::numeric_limits<double>::quiet_NaN()}, {"b", -0.0}};
  const auto again = model::observation_from_json(model::to_json(observation));
  ASSERT_TRUE(again);
  EXPECT_TRUE(std::isnan(again->metrics.at("a")));
  EXPECT_TRUE(std::signbit(again->metrics.at("b")));
}

TEST(LiveJson, BytesThatAreNotTextAreReplacedInsteadOfThrowing) {
  model::Observation observation;
  observation.failure = "broken \xff\xfe";
  const auto again = model::observation_from_json(*json::parse(model::to_json(observation).dump()));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->failure, "broken \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(LiveJson, ErrorsNameTheField) {
  auto document = to_json(Event{{1}, PersonDecided{PersonDecided::Action::kEdit, "r", "ann", "", {{"cpu", 1.0}}}});
  document["what"]["action"] = "explode";
  const auto wrong = event_from_json(document);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().to_string().find("what.action"), std::string::npos) << wrong.error().to_string();

  document = to_json(Event{{1}, Tick{}});
  document["what"]["type"] = "tock";
  EXPECT_FALSE(event_from_json(document));
  document["version"] = 2;
  EXPECT_EQ(event_from_json(document).error().code, Code::kUnsupported);
  EXPECT_FALSE(event_from_json(nlohmann::json::array()));
  EXPECT_FALSE(live_application_state_from_json(nlohmann::json{{"version", 1}}));
  document = model::to_json(model::Recommendation{});
  document["evidence"]["windows"] = 3000000000;
  EXPECT_EQ(model::recommendation_from_json(document).error().field, "evidence.windows");
}

}  // namespace
}  // namespace trimtab::engine
