#include "platform/local/local_settings.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "yaml/reader.h"

namespace trimtab::platform {
namespace {

using std::chrono::seconds;

constexpr int kMostReplicas = 64;
constexpr int kGreatestPort = 65535;

void read_slots(yaml::MappingReader& reader, const std::string& application, LocalSettings& settings) {
  std::set<int> ports;
  reader.each("slots", [&](const yaml::Node& item, const std::string& path) {
    const auto number = yaml::scalar_number(item);
    const int port = number && *number >= 1 && *number <= kGreatestPort ? static_cast<int>(*number) : 0;
    if (port == 0 || static_cast<double>(port) != *number) {
      reader.fault("slots", "a slot is a port, 1 to 65535 (" + path + ")");
      return;
    }
    if (!ports.insert(port).second) reader.fault("slots", "port " + std::to_string(port) + " is given twice");
    settings.slots.push_back({application + "-" + std::to_string(settings.slots.size() + 1), port});
  });
  if (settings.slots.empty()) reader.fault("slots", "at least one slot is needed", "give ports: [8081, 8082, 8083]");
  if (static_cast<int>(settings.slots.size()) < settings.replicas) {
    reader.fault("slots", "there are fewer slots than replicas", "one more than replicas allows changes without a gap");
  }
}

void read_proxy(const yaml::Node* node, const std::string& path, yaml::Faults& faults, LocalSettings& settings) {
  if (node == nullptr) return;
  yaml::MappingReader proxy(*node, path, faults);
  settings.proxy_socket = proxy.text("socket");
  settings.proxy_backend = proxy.text("backend");
  proxy.finish();
}

bool has_word(const std::vector<std::string>& words, std::string_view part) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return word.find(part) != std::string::npos; });
}

}  // namespace

const Slot* LocalSettings::find_slot(std::string_view name) const {
  for (const Slot& slot : slots) {
    if (slot.name == name) return &slot;
  }
  return nullptr;
}

Result<LocalSettings> read_local_settings(const model::Application& application) {
  yaml::Faults faults;
  yaml::MappingReader reader(application.platform.root, "platform", faults);
  LocalSettings settings;
  reader.choice("kind", {"local"});
  settings.cgroup = reader.text("cgroup", "trimtab-" + application.name);
  settings.directory = reader.text("directory", "/");
  settings.state_directory = reader.text("state");
  settings.log_directory = reader.text("logs", settings.state_directory);
  settings.replicas = reader.integer("replicas", 1, 1, kMostReplicas);
  read_slots(reader, application.name, settings);
  settings.command = reader.text_list("command");
  if (settings.command.empty()) reader.fault("command", "the words of the replicas' command are needed");
  if (!settings.command.empty() && !has_word(settings.command, "${port}")) {
    reader.fault("command", "no word holds ${port}, so every replica would listen on the same port");
  }
  reader.each_entry("environment", [&](const std::string& key, const yaml::Node& value, const std::string&) {
    if (auto text = yaml::scalar_text(value)) settings.environment[key] = *text;
  });
  settings.ready_url = reader.text("ready");
  settings.start_cpu_cores = reader.optional_number("start_cpu");
  settings.start_timeout = reader.duration("start_timeout", seconds(120));
  settings.stop_timeout = reader.duration("stop_timeout", seconds(20));
  settings.drain_timeout = reader.duration("drain_timeout", seconds(30));
  settings.standby = reader.duration("standby", Duration::zero());
  read_proxy(reader.take("haproxy"), reader.path_of("haproxy"), faults, settings);
  reader.finish();
  TRY(faults.result());
  return settings;
}

std::string expand(std::string_view text, const Slot& slot) {
  std::string made(text);
  const std::pair<std::string_view, std::string> variables[] = {{"${port}", std::to_string(slot.port)},
                                                                {"${replica}", slot.name}};
  for (const auto& [name, value] : variables) {
    for (std::size_t at = made.find(name); at != std::string::npos; at = made.find(name, at + value.size())) {
      made.replace(at, name.size(), value);
    }
  }
  return made;
}

proc::CommandLine replica_command(const LocalSettings& settings, const packs::Rendered& rendered, const Slot& slot) {
  proc::CommandLine command;
  for (const std::string& word : settings.command) {
    if (word == "${flags}") {
      command.arguments.insert(command.arguments.end(), rendered.flags.begin(), rendered.flags.end());
    } else if (word == "${arguments}") {
      command.arguments.insert(command.arguments.end(), rendered.arguments.begin(), rendered.arguments.end());
    } else {
      command.arguments.push_back(expand(word, slot));
    }
  }
  command.inherit_environment = false;
  for (const char* name : {"PATH", "HOME", "LANG", "JAVA_HOME"}) {
    if (const char* value = std::getenv(name)) command.environment[name] = value;
  }
  for (const auto& [name, value] : settings.environment)
    command.environment[name] = expand(value, slot);
  for (const auto& [name, value] : rendered.environment)
    command.environment[name] = value;
  command.directory = settings.directory;
  return command;
}

}  // namespace trimtab::platform
