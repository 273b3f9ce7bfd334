#include "engine/live_json.h"

#include <array>
#include <type_traits>

#include "engine/live_json_names.h"
#include "model/recommendation_describe.h"

namespace trimtab::model {  // describe() is found beside the archives

using namespace engine;  // NOLINT(google-build-using-namespace): every type of its values

template <class Archive, class T>
  requires Same<T, SourcePosition>
void describe(Archive& archive, T& value) {
  archive.field("file", value.file);
  archive.field("line", value.line);
  archive.field("column", value.column);
}

template <class Archive, class T>
  requires Same<T, Error>
void describe(Archive& archive, T& value) {
  archive.enumeration("code", value.code, code_names());
  archive.field("message", value.message);
  archive.field("field", value.field);
  archive.field("hint", value.hint);
  archive.field("position", value.position);
}

template <class Archive, class T>
  requires Same<T, MetricSample>
void describe(Archive& archive, T& value) {
  archive.field("value", value.value);
  archive.field("points", value.points);
  archive.field("points_expected", value.points_expected);
  archive.field("newest", value.newest);
  archive.enumeration("status", value.status, status_names());
}

template <class Archive, class T>
  requires Same<T, WindowSamples>
void describe(Archive& archive, T& value) {
  archive.field("start", value.start);
  archive.field("end", value.end);
  archive.field("samples", value.samples);
}

template <class Archive, class T>
  requires Same<T, ReplicaState>
void describe(Archive& archive, T& value) {
  archive.field("name", value.name);
  archive.field("ready", value.ready);
  archive.field("configuration", value.configuration);
  archive.field("identity", value.identity);
  archive.field("restarts", value.restarts);
  archive.field("out_of_memory_kills", value.out_of_memory_kills);
  archive.field("trouble", value.trouble);
}

template <class Archive, class T>
  requires Same<T, LiveState>
void describe(Archive& archive, T& value) {
  archive.field("at", value.at);
  archive.field("configuration", value.configuration);
  archive.field("fingerprint", value.fingerprint);
  archive.field("decision", value.decision);
  archive.field("replicas", value.replicas);
  archive.field("healthy", value.healthy);
  archive.field("trouble", value.trouble);
  archive.field("disturbance", value.disturbance);
  archive.field("release", value.release);
}

template <class Archive, class T>
  requires Same<T, ApplyRequest>
void describe(Archive& archive, T& value) {
  archive.field("application", value.application);
  archive.field("decision", value.decision);
  archive.field("target", value.target);
  archive.field("expected_fingerprint", value.expected_fingerprint);
  archive.field("roll_back", value.roll_back);
}

template <class Archive, class T>
  requires Same<T, engine::Progress>
void describe(Archive& archive, T& value) {
  archive.field("step", value.step);
  archive.field("done", value.done);
  archive.field("total", value.total);
}

template <class Archive, class T>
  requires Same<T, QueryMetrics>
void describe(Archive& archive, T& value) {
  archive.enumeration("purpose", value.purpose, purpose_names());
  archive.field("start", value.start);
  archive.field("end", value.end);
}

template <class Archive, class T>
  requires(Same<T, engine::ReadLive> || Same<T, engine::Tick> || Same<T, engine::Restarted>)
void describe(Archive&, T&) {}

template <class Archive, class T>
  requires(Same<T, Apply> || Same<T, engine::StopApply>)
void describe(Archive& archive, T& value) {
  if constexpr (Same<T, Apply>) archive.field("request", value.request);
  if constexpr (Same<T, engine::StopApply>) archive.field("command", value.command);
}

template <class Archive, class T>
  requires Same<T, engine::Notify>
void describe(Archive& archive, T& value) {
  archive.field("severity", value.severity);
  archive.field("text", value.text);
  archive.field("recommendation", value.recommendation);
}

template <class Archive, class T>
  requires Same<T, MetricsArrived>
void describe(Archive& archive, T& value) {
  archive.field("command", value.command);
  archive.field("window", value.window);
}

template <class Archive, class T>
  requires(Same<T, MetricsFailed> || Same<T, engine::LiveReadFailed>)
void describe(Archive& archive, T& value) {
  archive.field("command", value.command);
  archive.field("error", value.error);
}

template <class Archive, class T>
  requires(Same<T, engine::LiveRead> || Same<T, engine::Applied>)
void describe(Archive& archive, T& value) {
  archive.field("command", value.command);
  archive.field("live", value.live);
}

template <class Archive, class T>
  requires Same<T, engine::ApplyFailed>
void describe(Archive& archive, T& value) {
  archive.field("command", value.command);
  archive.field("error", value.error);
  archive.field("live", value.live);
}

template <class Archive, class T>
  requires Same<T, engine::ApplyProgressed>
void describe(Archive& archive, T& value) {
  archive.field("command", value.command);
  archive.field("progress", value.progress);
}

template <class Archive, class T>
  requires Same<T, PersonDecided>
void describe(Archive& archive, T& value) {
  archive.enumeration("action", value.action, action_names());
  archive.field("recommendation", value.recommendation);
  archive.field("actor", value.actor);
  archive.field("reason", value.reason);
  archive.field("edits", value.edits);
}

template <class Archive, class T>
  requires Same<T, ModeChanged>
void describe(Archive& archive, T& value) {
  archive.enumeration("mode", value.mode, mode_names());
  archive.field("actor", value.actor);
}

template <class Archive, class T>
  requires Same<T, engine::PauseChanged>
void describe(Archive& archive, T& value) {
  archive.field("paused", value.paused);
  archive.field("actor", value.actor);
  archive.field("reason", value.reason);
}

template <class Archive, class T>
  requires Same<T, AuditEntry>
void describe(Archive& archive, T& value) {
  archive.field("at", value.at);
  archive.field("actor", value.actor);
  archive.field("action", value.action);
  archive.field("subject", value.subject);
  archive.field("text", value.text);
}

template <class Archive, class T>
  requires Same<T, engine::RecommendationChanged>
void describe(Archive& archive, T& value) {
  archive.field("recommendation", value.recommendation);
}

template <class Archive, class T>
  requires Same<T, engine::ObservationAdded>
void describe(Archive& archive, T& value) {
  archive.field("observation", value.observation);
}

template <class Archive, class T>
  requires Same<T, ConfigurationChanged>
void describe(Archive& archive, T& value) {
  archive.field("at", value.at);
  archive.field("configuration", value.configuration);
  archive.field("decision", value.decision);
  archive.field("kind", value.kind);
}

template <class Archive, class T>
  requires Same<T, BarredConfiguration>
void describe(Archive& archive, T& value) {
  archive.field("configuration", value.configuration);
  archive.field("context", value.context);
  archive.field("until", value.until);
  archive.field("reason", value.reason);
}

template <class Archive, class T>
  requires Same<T, insight::LoadContext>
void describe(Archive& archive, T& value) {
  archive.field("id", value.id);
  archive.field("name", value.name);
  archive.field("low", value.low);
  archive.field("high", value.high);
  archive.field("centre", value.centre);
  archive.field("windows", value.windows);
  archive.field("share", value.share);
}

template <class Archive, class T>
  requires Same<T, insight::LoadHistory>
void describe(Archive& archive, T& value) {
  archive.field("start", value.start);
  archive.field("bucket", value.bucket);
  archive.field("highest", value.highest);
}

// The alternatives of each variant with their stable names, in the order of the variant.
template <class Variant>
struct Alternatives;
template <>
struct Alternatives<decltype(Event::what)> {
  static constexpr std::array<std::string_view, 12> kNames{
      "tick",         "metrics_arrived",  "metrics_failed", "live_read",    "live_read_failed", "applied",
      "apply_failed", "apply_progressed", "person_decided", "mode_changed", "pause_changed",    "restarted"};
};
template <>
struct Alternatives<decltype(Command::what)> {
  static constexpr std::array<std::string_view, 5> kNames{"query_metrics", "read_live", "apply", "stop_apply",
                                                          "notify"};
};
template <>
struct Alternatives<engine::Record> {
  static constexpr std::array<std::string_view, 4> kNames{"audit", "recommendation_changed", "observation_added",
                                                          "configuration_changed"};
};

template <class Variant>
nlohmann::json write_alternative(const Variant& variant) {
  static_assert(std::variant_size_v<Variant> == Alternatives<Variant>::kNames.size());
  nlohmann::json object = std::visit([](const auto& value) { return JsonWriter::write(value); }, variant);
  object["type"] = Alternatives<Variant>::kNames[variant.index()];
  return object;
}

template <class Variant, std::size_t I = 0>
Result<Variant> read_alternative(const nlohmann::json& json, std::string_view kind, const std::string& path) {
  if constexpr (I == std::variant_size_v<Variant>) {
    return fail(invalid_input("unknown type \"" + std::string(kind) + "\"", path + ".type"));
  } else {
    if (Alternatives<Variant>::kNames[I] != kind) return read_alternative<Variant, I + 1>(json, kind, path);
    TRY_ASSIGN(auto value, JsonReader::read<std::variant_alternative_t<I, Variant>>(json, path));
    return Variant(std::in_place_index<I>, std::move(value));
  }
}

template <class Variant>
Result<Variant> read_variant(const nlohmann::json& json, const std::string& path) {
  if (!json.is_object() || !json.contains("type") || !json["type"].is_string()) {
    return fail(invalid_input("the field \"type\" is missing", path + ".type"));
  }
  return read_alternative<Variant>(json, json["type"].get_ref<const std::string&>(), path);
}

template <class Archive, class T>
  requires(Same<T, Event> || Same<T, Command>)
void describe(Archive& archive, T& value) {
  if constexpr (Same<T, Event>) archive.field("at", value.at);
  if constexpr (Same<T, Command>) archive.field("id", value.id);
  if constexpr (std::same_as<Archive, JsonWriter>) {
    archive.object()["what"] = write_alternative(value.what);
  } else if (const nlohmann::json* what = archive.member("what")) {
    auto read = read_variant<std::remove_cvref_t<decltype(value.what)>>(*what, archive.join("what"));
    if (read) {
      value.what = std::move(*read);
    } else {
      archive.reject(read.error().to_string());
    }
  }
}

template <class Archive, class T>
  requires Same<T, CommandUnderWay>
void describe(Archive& archive, T& value) {
  archive.field("command", value.command);
  archive.field("issued", value.issued);
  archive.field("deadline", value.deadline);
}

template <class Archive, class T>
  requires Same<T, SurgeUnderWay>
void describe(Archive& archive, T& value) {
  archive.field("before", value.before);
  archive.field("since", value.since);
}

template <class Archive, class T>
void describe_changes(Archive& archive, T& value) {
  archive.field("live", value.live);
  archive.field("expected", value.expected);
  archive.field("baseline", value.baseline);
  archive.field("last_known_good", value.last_known_good);
  archive.field("configuration_since", value.configuration_since);
  archive.field("open", value.open);
  archive.field("decision", value.decision);
  archive.field("last_kept", value.last_kept);
  archive.field("kept_at", value.kept_at);
  archive.field("surge", value.surge);
  archive.field("roll_back_target", value.roll_back_target);
  archive.field("roll_back_reason", value.roll_back_reason);
  archive.field("attempts", value.attempts);
  archive.field("retry_at", value.retry_at);
  archive.field("under_way", value.under_way);
  archive.field("barred", value.barred);
}

template <class Archive, class T>
void describe_watch(Archive& archive, T& value) {
  archive.field("next_window", value.next_window);
  archive.field("next_guard", value.next_guard);
  archive.field("next_proposal", value.next_proposal);
  archive.field("guard_breaches", value.guard_breaches);
  archive.field("guard_severe", value.guard_severe);
  archive.field("guard_troubles", value.guard_troubles);
  archive.field("out_of_memory_seen", value.out_of_memory_seen);
  archive.field("restarts_seen", value.restarts_seen);
  archive.field("breach_announced", value.breach_announced);
  archive.field("loads", value.loads);
  archive.field("contexts", value.contexts);
  archive.field("context", value.context);
  archive.field("load_now", value.load_now);
  archive.field("load_expected", value.load_expected);
  archive.field("windows_usable", value.windows_usable);
  archive.field("windows_refused", value.windows_refused);
}

template <class Archive, class T>
  requires Same<T, LiveApplicationState>
void describe(Archive& archive, T& value) {
  archive.field("application", value.application);
  archive.field("revision", value.revision);
  archive.enumeration("phase", value.phase, phase_names());
  archive.field("phase_since", value.phase_since);
  archive.field("paused", value.paused);
  archive.field("pause_reason", value.pause_reason);
  archive.enumeration("mode", value.mode, mode_names());
  archive.field("sequence", value.sequence);
  archive.field("seed", value.seed);
  describe_changes(archive, value);
  describe_watch(archive, value);
  archive.field("status", value.status);
  archive.field("waiting_for", value.waiting_for);
  archive.field("data_trouble", value.data_trouble);
  archive.field("disturbance", value.disturbance);
  archive.field("disturbed_at", value.disturbed_at);
  archive.field("release", value.release);
  archive.field("released", value.released);
  archive.field("left_alone", value.left_alone);
  archive.field("disobeyed", value.disobeyed);
  archive.field("search_answer", value.search_answer);
  archive.field("slo_last", value.slo_last);
  archive.field("cost_current", value.cost_current);
  archive.field("cost_baseline", value.cost_baseline);
}

}  // namespace trimtab::model

namespace trimtab::engine {
namespace {

template <class Enum>
std::string_view name_of(Enum value, const model::EnumNames<Enum>& names) {
  for (const auto& [candidate, text] : names) {
    if (candidate == value) return text;
  }
  return "unknown";
}

}  // namespace

nlohmann::json to_json(const LiveApplicationState& state) {
  return model::write_versioned(state);
}
Result<LiveApplicationState> live_application_state_from_json(const nlohmann::json& json) {
  return model::read_versioned<LiveApplicationState>(json);
}

nlohmann::json to_json(const Event& event) {
  return model::write_versioned(event);
}
Result<Event> event_from_json(const nlohmann::json& json) {
  return model::read_versioned<Event>(json);
}

nlohmann::json to_json(const Command& command) {
  return model::write_versioned(command);
}
Result<Command> command_from_json(const nlohmann::json& json) {
  return model::read_versioned<Command>(json);
}

nlohmann::json to_json(const Record& record) {
  nlohmann::json json = model::write_alternative(record);
  json["version"] = model::kJsonVersion;
  return json;
}
Result<Record> record_from_json(const nlohmann::json& json) {
  TRY(model::check_version(json));
  return model::read_variant<Record>(json, "record");
}

nlohmann::json to_json(const LiveState& live) {
  return model::write_versioned(live);
}
Result<LiveState> live_state_from_json(const nlohmann::json& json) {
  return model::read_versioned<LiveState>(json);
}

std::string_view to_string(Phase phase) {
  return name_of(phase, model::phase_names());
}
std::string_view to_string(MetricSample::Status status) {
  return name_of(status, model::status_names());
}
std::string_view kind_of(const Event& event) {
  return model::Alternatives<decltype(Event::what)>::kNames.at(event.what.index());
}
std::string_view kind_of(const Command& command) {
  return model::Alternatives<decltype(Command::what)>::kNames.at(command.what.index());
}

}  // namespace trimtab::engine
