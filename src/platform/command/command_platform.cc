#include "platform/command/command_platform.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "json/json.h"
#include "proc/subprocess.h"
#include "yaml/reader.h"

namespace trimtab::platform {
namespace {

using nlohmann::json;

// Of what a failed command said: its end says most.
constexpr std::size_t kShownOutput = 400;

std::vector<std::string> read_arguments(yaml::MappingReader& reader, const char* name) {
  const yaml::Node* node = reader.take(name);
  if (!node) return {};
  if (node->kind == yaml::Kind::kScalar && !node->text.empty()) return {"/bin/sh", "-c", node->text};
  std::vector<std::string> arguments;
  for (const yaml::Node& item : node->items) {
    if (item.kind == yaml::Kind::kScalar) arguments.push_back(item.text);
  }
  if (arguments.empty() || arguments.size() != node->items.size()) {
    reader.fault(name, "expected a list of texts or one text for the shell");
  }
  return arguments;
}

json to_json(const model::Configuration& configuration) {
  json object = json::object();
  for (const auto& [name, value] : configuration.entries())
    object[name] = value.is_number() ? json(value.number()) : json(value.text());
  return object;
}

// Only parameters of the space; others are ignored.
Result<model::Configuration> from_json(const json& object, const model::Space& space) {
  if (!object.is_object()) return fail(invalid_input("the live configuration is not a JSON object"));
  model::Configuration configuration;
  for (const auto& [name, value] : object.items()) {
    if (!space.find(name)) continue;
    if (value.is_number()) {
      configuration.set(name, value.get<double>());
    } else if (value.is_string()) {
      configuration.set(name, value.get<std::string>());
    } else {
      return fail(invalid_input("neither a number nor a text", name));
    }
  }
  return configuration;
}

// Whole or not at all, also when we are killed meanwhile.
Result<void> write_file(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  {
    std::ofstream out(fresh, std::ios::trunc);
    out << text << std::flush;
    if (!out) return fail(unavailable("cannot write " + fresh));
  }
  std::error_code trouble;
  std::filesystem::rename(fresh, path, trouble);
  if (trouble) return fail(unavailable(fmt::format("cannot write {}: {}", path, trouble.message())));
  return {};
}

std::string end_of(const std::string& text) {
  std::string shown = text.size() > kShownOutput ? "..." + text.substr(text.size() - kShownOutput) : text;
  while (!shown.empty() && std::isspace(static_cast<unsigned char>(shown.back())))
    shown.pop_back();
  return shown;
}

}  // namespace

Result<CommandSettings> read_command_settings(const yaml::Document& block, const std::string& document_directory) {
  yaml::Faults faults;
  yaml::MappingReader reader(block.root, "platform", faults);
  CommandSettings settings;
  reader.choice("kind", {"command"});
  settings.apply = read_arguments(reader, "apply");
  settings.revert = read_arguments(reader, "revert");
  settings.read = read_arguments(reader, "read");
  settings.timeout = reader.duration("timeout", settings.timeout);
  const std::filesystem::path directory = reader.text("directory", ".");
  if (settings.apply.empty()) reader.fault("apply", "the platform has no apply command");
  if (settings.timeout <= Duration::zero()) reader.fault("timeout", "must be positive");
  reader.finish();
  TRY(faults.result());
  settings.directory =
      directory.is_absolute() ? directory.string() : (std::filesystem::path(document_directory) / directory).string();
  return settings;
}

std::map<std::string, std::string> configuration_environment(const model::Configuration& configuration) {
  std::map<std::string, std::string> environment;
  for (const auto& [name, value] : configuration.entries()) {
    std::string variable = "TRIMTAB_";
    for (const char c : name)
      variable += std::isalnum(static_cast<unsigned char>(c)) ? static_cast<char>(std::toupper(c)) : '_';
    environment[variable] = value.is_number() ? fmt::format("{}", value.number()) : value.text();
  }
  return environment;
}

Result<std::map<std::string, std::string>> rendered_environment(const std::vector<model::Component>& components,
                                                                const packs::PackLibrary& packs,
                                                                const model::Configuration& configuration) {
  std::map<std::string, std::string> environment;
  std::vector<std::string> flags;
  std::vector<std::string> arguments;
  for (const model::Component& component : components) {
    const packs::Pack* pack = packs.find(component.pack);
    if (pack == nullptr) continue;
    model::Configuration own;
    const std::string prefix = component.name + ".";
    for (const auto& [name, value] : configuration.entries())
      if (name.starts_with(prefix)) own.set(name.substr(prefix.size()), value);
    TRY_ASSIGN(const packs::Rendered rendered, packs::render(*pack, own));
    flags.insert(flags.end(), rendered.flags.begin(), rendered.flags.end());
    arguments.insert(arguments.end(), rendered.arguments.begin(), rendered.arguments.end());
    environment.insert(rendered.environment.begin(), rendered.environment.end());
  }
  environment["TRIMTAB_FLAGS"] = fmt::format("{}", fmt::join(flags, " "));
  environment["TRIMTAB_ARGUMENTS"] = fmt::format("{}", fmt::join(arguments, " "));
  return environment;
}

CommandPlatform::CommandPlatform(CommandSettings settings, model::Space space, std::string work_directory,
                                 const Clock& clock)
    : settings_(std::move(settings)),
      space_(std::move(space)),
      work_directory_(std::move(work_directory)),
      clock_(clock) {}

Result<std::string> CommandPlatform::run(const std::vector<std::string>& command,
                                         std::map<std::string, std::string> environment, std::stop_token stop,
                                         Duration deadline_from_now) const {
  proc::CommandLine line;
  line.arguments = command;
  line.environment = std::move(environment);
  line.directory = settings_.directory;
  proc::RunOptions options;
  options.deadline = std::min(settings_.timeout, deadline_from_now);
  options.stop = std::move(stop);
  TRY_ASSIGN(const proc::ExitStatus status, proc::run(line, options));
  if (status.exit_code != 0) {
    return fail(unavailable(fmt::format("{} ended with exit code {}: {}", command.back(), status.exit_code,
                                        end_of(status.errors.empty() ? status.output : status.errors))));
  }
  return status.output;
}

Result<engine::LiveState> CommandPlatform::read_live(Duration deadline_from_now) {
  engine::LiveState live;
  live.at = clock_.now();
  std::ifstream in(applied_file());
  if (in) {
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const auto object = trimtab::json::parse(text);
    if (!object) {
      return fail(Error{Code::kDataLoss, applied_file() + " is damaged", {}, "remove it: the change is made anew", {}});
    }
    TRY_ASSIGN(live.decision, trimtab::json::text(*object, "decision"));
    const auto configuration = object->find("configuration");
    if (configuration != object->end()) {
      TRY_ASSIGN(live.configuration, from_json(*configuration, space_));
    }
  }
  if (!settings_.read.empty()) {
    TRY_ASSIGN(const std::string output, run(settings_.read, {}, {}, deadline_from_now));
    TRY_ASSIGN(const json object, trimtab::json::parse(output));
    TRY_ASSIGN(live.configuration, from_json(object, space_));
  }
  live.fingerprint = live.configuration.fingerprint() + "-" + live.decision;
  live.healthy = true;
  return live;
}

Result<engine::LiveState> CommandPlatform::apply(const engine::ApplyRequest& request,
                                                 const std::function<void(const engine::Progress&)>& progress,
                                                 std::stop_token stop, Duration deadline_from_now) {
  TRY_ASSIGN(const engine::LiveState before, read_live(deadline_from_now));
  if (before.decision == request.decision && before.configuration == request.target) return before;
  if (!request.expected_fingerprint.empty() && before.configuration.fingerprint() != request.expected_fingerprint) {
    return fail(conflict("the live configuration is not the expected one"));
  }
  const bool revert = request.roll_back && !settings_.revert.empty();
  const std::string file = work_directory_ + "/configuration.json";
  TRY(write_file(file, to_json(request.target).dump(2) + "\n"));
  std::map<std::string, std::string> environment;
  if (settings_.words) {
    TRY_ASSIGN(environment, settings_.words(request.target));
  }
  environment.merge(configuration_environment(request.target));
  environment["TRIMTAB_CONFIGURATION"] = file;
  environment["TRIMTAB_DECISION"] = request.decision;
  if (progress) progress({revert ? "runs the revert command" : "runs the apply command", 0, 1});
  // From here on it is not known what is live, until the command has ended well.
  std::error_code ignored;
  std::filesystem::remove(applied_file(), ignored);
  TRY(run(revert ? settings_.revert : settings_.apply, std::move(environment), std::move(stop), deadline_from_now));
  const json applied = {{"decision", request.decision}, {"configuration", to_json(request.target)}};
  TRY(write_file(applied_file(), applied.dump() + "\n"));
  return read_live(deadline_from_now);
}

}  // namespace trimtab::platform
