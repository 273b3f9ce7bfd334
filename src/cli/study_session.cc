#include "cli/study_session.h"

#include <filesystem>
#include <map>

#include "cli/document_file.h"
#include "platform/command/command_platform.h"
#include "platform/local/local_platform.h"
#include "telemetry/prometheus_source.h"

namespace trimtab::cli {
namespace {

namespace fs = std::filesystem;

}  // namespace

Result<std::unique_ptr<store::SqliteStore>> open_study_store(const std::string& directory, bool create) {
  std::error_code trouble;
  if (create) {
    fs::create_directories(directory, trouble);
    if (trouble) return fail(unavailable("cannot make " + directory + ": " + trouble.message()));
  }
  const std::string file = directory + "/trimtab.db";
  if (!create && !fs::exists(file, trouble)) {
    return fail(not_found("there is no state in " + directory, "name the directory with --state"));
  }
  return store::SqliteStore::open(file);
}

Result<ReadStudy> read_study_file(const std::string& file, const packs::PackLibrary& packs) {
  TRY_ASSIGN(const std::string text, read_text_file(file));
  std::error_code trouble;
  const fs::path path = fs::absolute(file, trouble);
  std::map<std::string, std::string> files;
  const auto read_file = [&](const std::string& name) -> Result<std::string> {
    TRY_ASSIGN(std::string content, read_text_file((path.parent_path() / name).string()));
    files[name] = content;
    return content;
  };
  ReadStudy read;
  TRY_ASSIGN(read.definition, engine::read_study(text, file, packs, read_file));
  read.stored = engine::store_document(text, path.string(), files);
  return read;
}

Result<engine::LoadedStudy> load_stored_study(engine::StudyStore& store, const std::string& name,
                                              const packs::PackLibrary& packs) {
  TRY_ASSIGN(const engine::StoredStudy study, store.study(name));
  TRY_ASSIGN(const std::vector<engine::StoredTrial> trials, store.trials(name));
  return engine::load_study(study, trials, packs);
}

Result<std::string> document_directory(engine::StudyStore& store, const std::string& name) {
  TRY_ASSIGN(const engine::StoredStudy study, store.study(name));
  TRY_ASSIGN(const engine::StudyFiles files, engine::stored_files(study.document));
  return fs::path(files.file).parent_path().string();
}

Result<std::unique_ptr<engine::Platform>> study_platform(const engine::StudyDefinition& definition,
                                                         const packs::PackLibrary& packs,
                                                         const std::string& document_directory,
                                                         const std::string& state_directory, const Clock& clock) {
  const model::Application& application = definition.application;
  if (application.platform_kind == "command") {
    TRY_ASSIGN(platform::CommandSettings settings,
               platform::read_command_settings(application.platform, document_directory));
    if (!application.components.empty()) {
      settings.words = [&packs, components = application.components](const model::Configuration& configuration) {
        return platform::rendered_environment(components, packs, configuration);
      };
    }
    const std::string work = (fs::path(state_directory) / ("study-" + definition.name)).string();
    std::error_code trouble;
    fs::create_directories(work, trouble);
    if (trouble) return fail(unavailable("cannot make " + work + ": " + trouble.message()));
    return std::make_unique<platform::CommandPlatform>(std::move(settings), application.space,
                                                       fs::absolute(work, trouble).string(), clock);
  }
  if (application.platform_kind == "local") {
    TRY_ASSIGN(auto local, platform::LocalPlatform::create(application, packs, clock));
    return std::unique_ptr<engine::Platform>(std::move(local));
  }
  return fail(
      unsupported("studies do not run on the platform \"" + application.platform_kind + "\"", "use command or local"));
}

std::unique_ptr<engine::MetricSource> study_metrics(const engine::StudyDefinition& definition,
                                                    const net::HttpClient& client) {
  if (definition.application.metrics.empty()) return nullptr;
  return std::make_unique<telemetry::PrometheusSource>(definition.application.telemetry, client);
}

}  // namespace trimtab::cli
