// CommandPlatform: anything that a command can change. The configuration reaches the command as environment variables
// TRIMTAB_<PARAMETER> (upper case, other characters become '_') and as a JSON file named by TRIMTAB_CONFIGURATION;
// TRIMTAB_DECISION is the key of the change. Where components have packs, the words that these would write come as
// TRIMTAB_FLAGS and TRIMTAB_ARGUMENTS, and their variables under their own names. What was applied last is remembered
// in the work directory, so that a decision is carried out once, also over restarts.
//
//   platform:
//     kind: command
//     apply: [./apply.sh]        # a list of arguments, or one text for the shell; exit code 0: it is live
//     revert: [./revert.sh]      # optional: instead of apply when going back
//     read: [./read.sh]          # optional: prints the live configuration as a JSON object
//     timeout: 60s               # of each of them
//     directory: .               # optional: where they run; relative to the document
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/platform.h"
#include "packs/pack.h"
#include "yaml/document.h"

namespace trimtab::platform {

struct CommandSettings {
  std::vector<std::string> apply;
  std::vector<std::string> revert;
  std::vector<std::string> read;
  Duration timeout = std::chrono::seconds(60);
  std::string directory;
  // Further variables of a configuration: what packs make of it. Pure.
  std::function<Result<std::map<std::string, std::string>>(const model::Configuration&)> words;
};
// kInvalidInput with position and field. `document_directory`: what `directory` is relative to.
[[nodiscard]] Result<CommandSettings> read_command_settings(const yaml::Document& block,
                                                            const std::string& document_directory);

// The environment of a configuration.
[[nodiscard]] std::map<std::string, std::string> configuration_environment(const model::Configuration& configuration);

// What the packs of the components would write: TRIMTAB_FLAGS and TRIMTAB_ARGUMENTS (words with a space between, of all
// components in their order), and environment variables by name. kInvalidInput: a value that cannot be rendered.
[[nodiscard]] Result<std::map<std::string, std::string>> rendered_environment(
    const std::vector<model::Component>& components, const packs::PackLibrary& packs,
    const model::Configuration& configuration);

// Thread safe as the interface asks.
class CommandPlatform final : public engine::Platform {
 public:
  // `work_directory` exists and belongs to this platform alone. `clock` outlives it.
  CommandPlatform(CommandSettings settings, model::Space space, std::string work_directory, const Clock& clock);

  [[nodiscard]] Result<engine::LiveState> read_live(Duration deadline_from_now) override;
  // kUnavailable: the command failed, with the end of what it said. kDeadlineExceeded, kCancelled.
  [[nodiscard]] Result<engine::LiveState> apply(const engine::ApplyRequest& request,
                                                const std::function<void(const engine::Progress&)>& progress,
                                                std::stop_token stop, Duration deadline_from_now) override;

 private:
  [[nodiscard]] Result<std::string> run(const std::vector<std::string>& command,
                                        std::map<std::string, std::string> environment, std::stop_token stop,
                                        Duration deadline_from_now) const;
  [[nodiscard]] std::string applied_file() const { return work_directory_ + "/applied.json"; }

  CommandSettings settings_;
  model::Space space_;
  std::string work_directory_;
  const Clock& clock_;
};

}  // namespace trimtab::platform
