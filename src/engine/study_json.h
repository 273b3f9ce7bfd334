// Studies as JSON: the stored form (exact round trip) and the shapes of the REST API (web/src/api/types.ts).
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "engine/study_document.h"
#include "engine/study_results.h"
#include "engine/study_state.h"
#include "engine/study_store.h"

namespace trimtab::engine {

// The stored form; the state without its trials. Decoding errors: kInvalidInput with the field's path, kUnsupported for
// a newer version.
[[nodiscard]] nlohmann::json to_json(const StudyState& state);
[[nodiscard]] Result<StudyState> study_state_from_json(const nlohmann::json& json);
[[nodiscard]] nlohmann::json to_json(const Trial& trial);
[[nodiscard]] Result<Trial> trial_from_json(const nlohmann::json& json);

// "new", "applying", "warming_up", "loading", "measuring", "reverting", "finished", "failed", "stopped".
[[nodiscard]] std::string_view to_string(StudyPhase phase);

// A study as it was stored, read back: state with trials. The definition comes from the document, whose files are given
// by the caller (a study that names an application was stored with it, see store_document()).
struct LoadedStudy {
  StudyDefinition definition;
  StudyState state;
};
[[nodiscard]] Result<LoadedStudy> load_study(const StoredStudy& study, const std::vector<StoredTrial>& trials,
                                             const packs::PackLibrary& packs);
// What StoredStudy::document holds: JSON {"document": text, "file": name, "files": {name: text}}, so that a study can
// be read without the files it was made from.
[[nodiscard]] std::string store_document(const std::string& document, const std::string& file,
                                         const std::map<std::string, std::string>& files);
struct StudyFiles {
  std::string document;
  std::string file;
  std::map<std::string, std::string> files;
};
[[nodiscard]] Result<StudyFiles> stored_files(const std::string& stored);

// The REST shapes StudySummary and StudyDetail. `now` tells a running study from an interrupted one: no sign of life
// for 30 s. Errors: those of load_study.
[[nodiscard]] Result<nlohmann::json> study_summary_json(const StoredStudy& study,
                                                        const std::vector<StoredTrial>& trials,
                                                        const packs::PackLibrary& packs, Instant now);
[[nodiscard]] Result<nlohmann::json> study_detail_json(const StoredStudy& study, const std::vector<StoredTrial>& trials,
                                                       const packs::PackLibrary& packs, Instant now);
// "running", "interrupted", "finished" or "failed".
[[nodiscard]] std::string_view study_condition(const StudyState& state, Instant now);

}  // namespace trimtab::engine
