// trimtab platform start|apply|stop|show: the replicas of an application on this machine.
#include <charconv>
#include <fstream>
#include <iterator>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/table.h"
#include "packs/application_document.h"
#include "platform/local/local_platform.h"

namespace trimtab::cli {
namespace {

constexpr auto kReadDeadline = std::chrono::seconds(10);
constexpr auto kStartDeadline = std::chrono::minutes(10);

struct Opened {
  model::Application application;
  std::unique_ptr<platform::LocalPlatform> platform;
};

Result<Opened> open(const std::string& file, const Clock& clock) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return fail(not_found("the document " + file + " cannot be read"));
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  TRY_ASSIGN(const packs::PackLibrary packs, packs::PackLibrary::embedded());
  Opened opened;
  TRY_ASSIGN(opened.application, packs::read_application(text, file, packs));
  if (opened.application.platform_kind != "local") {
    return fail(unsupported("only replicas of the platform \"local\" are started here, this one is \"" +
                            opened.application.platform_kind + "\""));
  }
  // The server supervises; a command that looks and leaves does not.
  platform::LocalPlatformOptions options;
  options.supervise = false;
  TRY_ASSIGN(opened.platform, platform::LocalPlatform::create(opened.application, packs, clock, options));
  return opened;
}

nlohmann::json to_json(const model::Configuration& configuration) {
  nlohmann::json made = nlohmann::json::object();
  for (const auto& [name, value] : configuration.entries()) {
    if (value.is_number()) {
      made[name] = value.number();
    } else {
      made[name] = value.text();
    }
  }
  return made;
}

void print_live(std::ostream& out, OutputForm form, const engine::LiveState& live) {
  Table table(
      {{"REPLICA"}, {"READY"}, {"RESTARTS", false, true}, {"OOM", false, true}, {"CONFIGURATION"}, {"TROUBLE"}});
  nlohmann::json replicas = nlohmann::json::array();
  for (const engine::ReplicaState& replica : live.replicas) {
    table.add({replica.name, replica.ready ? "yes" : "no", std::to_string(replica.restarts),
               std::to_string(replica.out_of_memory_kills), replica.configuration.to_string(), replica.trouble});
    replicas.push_back({{"name", replica.name},
                        {"ready", replica.ready},
                        {"identity", replica.identity},
                        {"restarts", replica.restarts},
                        {"outOfMemoryKills", replica.out_of_memory_kills},
                        {"configuration", to_json(replica.configuration)},
                        {"trouble", replica.trouble}});
  }
  print(out, form, table,
        {{"healthy", live.healthy},
         {"configuration", to_json(live.configuration)},
         {"decision", live.decision},
         {"trouble", live.trouble},
         {"replicas", replicas}});
}

void print_progress(std::ostream& out, const engine::Progress& progress) {
  out << progress.step << " (" << progress.done << " of " << progress.total << " replicas)\n" << std::flush;
}

Result<void> start(const std::string& file, Streams& streams) {
  const SystemClock clock;
  TRY_ASSIGN(const Opened opened, open(file, clock));
  if (opened.application.baseline.empty()) {
    return fail(invalid_input("the document has no baseline to start with", "baseline"));
  }
  const auto report = [&](const engine::Progress& progress) { print_progress(streams.out, progress); };
  TRY_ASSIGN(const engine::LiveState live,
             opened.platform->start(opened.application.baseline, report, streams.stop, kStartDeadline));
  print_live(streams.out, OutputForm::kTable, live);
  return {};
}

// "jvm.heap=256" as a value of the space, checked.
Result<void> set_value(const std::string& text, const model::Space& space, model::Configuration& target) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const model::Parameter* parameter = space.find(name);
  if (equals == std::string::npos || parameter == nullptr) {
    return fail(invalid_input("\"" + text + "\" is no NAME=VALUE of a parameter", "--set"));
  }
  model::Value value(text.substr(equals + 1));
  if (parameter->is_number()) {
    double number = 0;
    const char* const end = value.text().data() + value.text().size();
    const auto [stopped, error] = std::from_chars(value.text().data(), end, number);
    if (error != std::errc{} || stopped != end) return fail(invalid_input(text + " is no number", "--set"));
    value = model::Value(number);
  }
  TRY(parameter->validate(value));
  target.set(name, value);
  return {};
}

Result<void> apply(const std::string& file, const std::vector<std::string>& values, Streams& streams) {
  const SystemClock clock;
  TRY_ASSIGN(const Opened opened, open(file, clock));
  TRY_ASSIGN(const engine::LiveState before, opened.platform->read_live(kReadDeadline));
  engine::ApplyRequest request;
  request.application = opened.application.name;
  request.decision = "by-hand-" + std::to_string(clock.now().us);
  request.target = opened.application.baseline.with(before.configuration);
  for (const std::string& value : values)
    TRY(set_value(value, opened.application.space, request.target));
  TRY(opened.application.space.validate(request.target));
  const auto report = [&](const engine::Progress& progress) { print_progress(streams.out, progress); };
  TRY_ASSIGN(const engine::LiveState live, opened.platform->apply(request, report, streams.stop, kStartDeadline));
  print_live(streams.out, OutputForm::kTable, live);
  return {};
}

Result<void> stop(const std::string& file, Streams& streams) {
  const SystemClock clock;
  TRY_ASSIGN(const Opened opened, open(file, clock));
  TRY(opened.platform->shut_down());
  streams.out << "The replicas of " << opened.application.name << " have ended.\n";
  return {};
}

Result<void> show(const std::string& file, OutputForm form, Streams& streams) {
  const SystemClock clock;
  TRY_ASSIGN(const Opened opened, open(file, clock));
  TRY_ASSIGN(const engine::LiveState live, opened.platform->read_live(kReadDeadline));
  print_live(streams.out, form, live);
  return {};
}

CLI::App* add_verb(CLI::App& platform, const char* name, const char* what, const std::shared_ptr<std::string>& file) {
  CLI::App* verb = platform.add_subcommand(name, what);
  verb->add_option("FILE", *file, "Application document")->required();
  return verb;
}

}  // namespace

void add_platform(CLI::App& root, Actions& actions) {
  CLI::App* platform = root.add_subcommand("platform", "Replicas of an application on this machine");
  platform->require_subcommand(1);
  const auto file = std::make_shared<std::string>();
  actions.on(add_verb(*platform, "start", "Start what is missing, with the baseline of the document", file),
             [file](Streams& streams) { return start(*file, streams); });
  const auto values = std::make_shared<std::vector<std::string>>();
  CLI::App* applied = add_verb(*platform, "apply", "Change values by hand, as a decision of the engine would", file);
  applied->add_option("--set", *values, "NAME=VALUE, for example jvm.heap=256; may be repeated")->required();
  actions.on(applied, [file, values](Streams& streams) { return apply(*file, *values, streams); });
  actions.on(add_verb(*platform, "stop", "End every replica and remove their control groups", file),
             [file](Streams& streams) { return stop(*file, streams); });
  CLI::App* shown = add_verb(*platform, "show", "What runs, read from the processes and control groups", file);
  const auto form = add_output_option(*shown);
  actions.on(shown, [file, form](Streams& streams) { return show(*file, *form, streams); });
}

}  // namespace trimtab::cli
