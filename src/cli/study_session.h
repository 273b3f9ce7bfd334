// What the verbs of `trimtab study` share: the store of a state directory, documents with their files, platforms.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "engine/metric_source.h"
#include "engine/platform.h"
#include "engine/study_json.h"
#include "net/http_client.h"
#include "packs/pack.h"
#include "store/sqlite_store.h"

namespace trimtab::cli {

// The directory is made when `create`; else kNotFound when it is not there.
[[nodiscard]] Result<std::unique_ptr<store::SqliteStore>> open_study_store(const std::string& directory, bool create);

// A study document read from disk, with the texts of the files it names, so that it can be stored whole.
struct ReadStudy {
  engine::StudyDefinition definition;
  std::string stored;  // engine::store_document
};
[[nodiscard]] Result<ReadStudy> read_study_file(const std::string& file, const packs::PackLibrary& packs);

[[nodiscard]] Result<engine::LoadedStudy> load_stored_study(engine::StudyStore& store, const std::string& name,
                                                            const packs::PackLibrary& packs);
// Where the study's document lies: its commands run there.
[[nodiscard]] Result<std::string> document_directory(engine::StudyStore& store, const std::string& name);

// Where trials run: platform kinds `command` and `local`. `clock` outlives it.
[[nodiscard]] Result<std::unique_ptr<engine::Platform>> study_platform(const engine::StudyDefinition& definition,
                                                                       const packs::PackLibrary& packs,
                                                                       const std::string& document_directory,
                                                                       const std::string& state_directory,
                                                                       const Clock& clock);
// nullptr when the study asks no Prometheus. `client` outlives it.
[[nodiscard]] std::unique_ptr<engine::MetricSource> study_metrics(const engine::StudyDefinition& definition,
                                                                  const net::HttpClient& client);

}  // namespace trimtab::cli
