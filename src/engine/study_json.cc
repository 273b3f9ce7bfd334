#include "engine/study_json.h"

#include <cmath>

#include "json/json.h"
#include "model/json_archive.h"

namespace trimtab::model {  // describe() is found beside the archives

using engine::StudyPhase;
using engine::StudyState;
using engine::Trial;

namespace {

const EnumNames<StudyPhase>& phase_names() {
  static const EnumNames<StudyPhase> names{{StudyPhase::kNew, "new"},
                                           {StudyPhase::kApplying, "applying"},
                                           {StudyPhase::kWarmingUp, "warming_up"},
                                           {StudyPhase::kLoading, "loading"},
                                           {StudyPhase::kMeasuring, "measuring"},
                                           {StudyPhase::kReverting, "reverting"},
                                           {StudyPhase::kFinished, "finished"},
                                           {StudyPhase::kFailed, "failed"},
                                           {StudyPhase::kStopped, "stopped"}};
  return names;
}

}  // namespace

template <class Archive, class T>
  requires Same<T, Trial>
void describe(Archive& archive, T& trial) {
  archive.field("number", trial.number);
  archive.field("experiment", trial.experiment);
  archive.field("attempt", trial.attempt);
  archive.field("configuration", trial.configuration);
  archive.field("why", trial.why);
  archive.field("started", trial.started);
  archive.field("ended", trial.ended);
  archive.field("metrics", trial.metrics);
  archive.field("failed", trial.failed);
  archive.field("failure", trial.failure);
}

template <class Archive, class T>
  requires Same<T, StudyState>
void describe(Archive& archive, T& state) {
  archive.enumeration("phase", state.phase, phase_names());
  archive.field("sequence", state.sequence);
  archive.field("created", state.created);
  archive.field("phase_since", state.phase_since);
  archive.field("alive", state.alive);
  archive.field("spent", state.spent);
  archive.field("experiments", state.experiments);
  archive.field("budget", state.budget);
  archive.field("stop_requested", state.stop_requested);
  archive.field("load_started", state.load_started);
  archive.field("load_ended", state.load_ended);
  archive.field("load_metrics", state.load_metrics);
  archive.field("status", state.status);
  if constexpr (std::same_as<Archive, JsonWriter>) {
    archive.field("changes", state.changes);
  } else {
    std::optional<std::vector<int>> changes;  // absent in what older versions wrote
    archive.field("changes", changes);
    state.changes = std::move(changes).value_or(std::vector<int>{});
  }
}

}  // namespace trimtab::model

namespace trimtab::engine {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr Duration kSignOfLife = std::chrono::seconds(30);

template <class T>
json versioned(const T& value) {
  json object = model::JsonWriter::write(value);
  object["version"] = kVersion;
  return object;
}

template <class T>
Result<T> read_versioned(const json& object) {
  TRY_ASSIGN(const std::int64_t version, trimtab::json::integer(object, "version"));
  if (version > kVersion) return fail(unsupported("the study was written by a newer version of Trimtab"));
  return model::JsonReader::read<T>(object, "");
}

}  // namespace

json to_json(const StudyState& state) {
  return versioned(state);
}

Result<StudyState> study_state_from_json(const json& object) {
  return read_versioned<StudyState>(object);
}

json to_json(const Trial& trial) {
  return versioned(trial);
}

Result<Trial> trial_from_json(const json& object) {
  return read_versioned<Trial>(object);
}

std::string_view to_string(StudyPhase phase) {
  for (const auto& [candidate, name] : model::phase_names()) {
    if (candidate == phase) return name;
  }
  return "new";
}

std::string store_document(const std::string& document, const std::string& file,
                           const std::map<std::string, std::string>& files) {
  const json object = {{"document", document}, {"file", file}, {"files", files}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<StudyFiles> stored_files(const std::string& stored) {
  trimtab::json::Limits limits;
  limits.bytes = 64 * 1024 * 1024;
  TRY_ASSIGN(const json object, trimtab::json::parse(stored, limits));
  StudyFiles result;
  TRY_ASSIGN(result.document, trimtab::json::text(object, "document"));
  TRY_ASSIGN(result.file, trimtab::json::text(object, "file"));
  const json named = object.value("files", json::object());
  for (const auto& [name, text] : named.items()) {
    if (!text.is_string()) return fail(invalid_input("expected a text", "files." + name));
    result.files[name] = text.get<std::string>();
  }
  return result;
}

Result<LoadedStudy> load_study(const StoredStudy& study, const std::vector<StoredTrial>& trials,
                               const packs::PackLibrary& packs) {
  TRY_ASSIGN(const StudyFiles files, stored_files(study.document));
  LoadedStudy loaded;
  const auto read_file = [&](const std::string& name) -> Result<std::string> {
    const auto found = files.files.find(name);
    if (found == files.files.end()) return fail(not_found("the study was stored without " + name));
    return found->second;
  };
  TRY_ASSIGN(loaded.definition, read_study(files.document, files.file, packs, read_file));
  TRY_ASSIGN(const json state, trimtab::json::parse(study.state));
  TRY_ASSIGN(loaded.state, study_state_from_json(state));
  for (const StoredTrial& stored : trials) {
    TRY_ASSIGN(const json object, trimtab::json::parse(stored.trial));
    TRY_ASSIGN(Trial trial, trial_from_json(object));
    loaded.state.trials.push_back(std::move(trial));
  }
  return loaded;
}

std::string_view study_condition(const StudyState& state, Instant now) {
  switch (state.phase) {
    case StudyPhase::kFinished:
      return "finished";
    case StudyPhase::kFailed:
      return "failed";
    case StudyPhase::kStopped:
      return "interrupted";
    default:
      return now - state.alive <= kSignOfLife ? "running" : "interrupted";
  }
}

}  // namespace trimtab::engine
