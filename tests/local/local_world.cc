#include "local/local_world.h"

#include <fstream>
#include <iterator>
#include <sstream>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc/cgroup.h"
#include "proc/file_descriptor.h"
#include "proc/subprocess.h"
#include "yaml/document.h"

namespace trimtab::platform {
namespace {

constexpr const char* kPack = R"(apiVersion: trimtab.dev/v1
kind: Pack
name: toy
version: 1.0.0
description: A replica for tests
source: https://example.invalid/
parameters:
  - {name: cpu_limit, type: real, unit: cores, min: 0.05, max: 4, step: 0.05, effect: live, render: {limit: cpu}}
  - {name: size, type: integer, min: 1, max: 100, effect: restart, render: {flag: "--size=${value}"}}
  - name: mode
    type: categorical
    values: [good, dies, silent]
    effect: restart
    render: {flag_by_value: {good: --mode=good, dies: --mode=dies, silent: --mode=silent}}
)";

// Bound, noted, freed: free unless another program is quicker.
std::vector<int> free_ports(int count) {
  std::vector<proc::FileDescriptor> sockets;
  std::vector<int> ports;
  for (int i = 0; i < count; ++i) {
    sockets.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(sockets.back().get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return {};
    ::getsockname(sockets.back().get(), reinterpret_cast<sockaddr*>(&address), &size);
    ports.push_back(ntohs(address.sin_port));
  }
  return ports;
}

model::Parameter number(const char* name, double min, double max, double step, model::ChangeEffect effect) {
  model::Parameter made;
  made.name = name;
  made.min = min;
  made.max = max;
  made.step = step;
  made.effect = effect;
  return made;
}

}  // namespace

Result<std::unique_ptr<LocalWorld>> LocalWorld::create(const std::string& name) {
  TRY_ASSIGN(const proc::CgroupFileSystem groups, proc::CgroupFileSystem::detect());
  std::unique_ptr<LocalWorld> world(new LocalWorld());
  world->name_ = name + "-" + std::to_string(::getpid());
  if (auto made = groups.create("trimtab-" + world->name_); !made) return fail(unsupported(made.error().to_string()));
  world->directory_ = std::filesystem::temp_directory_path() / ("trimtab-" + world->name_);
  std::filesystem::create_directories(world->directory_);
  world->ports_ = free_ports(4);
  if (world->ports_.empty()) return fail(unsupported("no free ports"));
  TRY_ASSIGN(const yaml::Document document, yaml::parse(kPack, "toy.yaml"));
  TRY_ASSIGN(packs::Pack pack, packs::read_pack(document));
  world->packs_.add(std::move(pack));
  world->make_application();
  world->write_proxy_configuration();
  if (auto started = world->start_proxy(); !started) return fail(unsupported(started.error().to_string()));
  return world;
}

std::string LocalWorld::platform_block() const {
  return fmt::format(
      "kind: local\nstate: {0}/state\nlogs: {0}/logs\nreplicas: 2\nslots: [{1}, {2}, {3}]\n"
      "command: [{4}, \"${{flags}}\", \"--port=${{port}}\"]\nready: \"http://127.0.0.1:${{port}}/ready\"\n"
      "start_cpu: 1\nstart_timeout: 3s\nstop_timeout: 5s\ndrain_timeout: 5s\n"
      "haproxy: {{socket: {0}/haproxy.sock, backend: toy}}\n",
      directory_.string(), ports_[0], ports_[1], ports_[2], TOY_REPLICA);
}

void LocalWorld::set_standby(const std::string& duration) {
  application_.platform = yaml::parse(platform_block() + "standby: " + duration + "\n", "platform.yaml").value();
}

void LocalWorld::make_application() {
  application_.name = name_;
  application_.components.push_back({"toy", "toy", {}, {}, {}, {}});
  application_.platform = yaml::parse(platform_block(), "platform.yaml").value();
  model::Parameter mode;
  mode.name = "toy.mode";
  mode.type = model::ParameterType::kCategorical;
  mode.values = {"good", "dies", "silent"};
  std::vector<model::Parameter> parameters{number("toy.cpu_limit", 0.05, 4, 0.05, model::ChangeEffect::kLive),
                                           number("toy.size", 1, 100, 1, model::ChangeEffect::kRestart), mode};
  application_.space = model::Space::create(std::move(parameters), {}).value();
}

void LocalWorld::write_proxy_configuration() const {
  std::ofstream file(directory_ / "haproxy.cfg");
  file << "global\n  stats socket " << socket() << " mode 600 level admin\n"
       << "defaults\n  mode http\n  timeout connect 1s\n  timeout client 30s\n  timeout server 30s\n"
       << "  http-reuse safe\n  retries 3\n  retry-on conn-failure\n  option redispatch 1\n"
       << "frontend toy\n  bind 127.0.0.1:" << ports_[3] << "\n  default_backend toy\n"
       << "backend toy\n  balance leastconn\n  option httpchk GET /ready\n"
       << "  default-server check inter 500ms fall 2 rise 1 disabled\n";
  for (std::size_t slot = 1; slot <= 3; ++slot) {
    file << "  server " << name_ << "-" << slot << " 127.0.0.1:" << ports_[slot - 1] << "\n";
  }
}

Result<void> LocalWorld::start_proxy() {
  proc::CommandLine command;
  command.arguments = {"haproxy", "-db", "-f", (directory_ / "haproxy.cfg").string()};
  TRY_ASSIGN(proxy_, proc::start_detached(command, {.log_file = directory_ / "haproxy.log", .cgroup_procs = {}}));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!HaproxyClient(socket()).command("show info")) {
    if (!proc::is_alive(proxy_) || std::chrono::steady_clock::now() > until) {
      return fail(unavailable("HAProxy does not start"));
    }
    std::this_thread::yield();
  }
  return {};
}

void LocalWorld::stop_proxy() {
  (void)proc::terminate(proxy_, std::chrono::milliseconds(100));
}

LocalWorld::~LocalWorld() {
  if (!application_.name.empty()) (void)open()->shut_down();
  if (proxy_.valid()) stop_proxy();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::unique_ptr<LocalPlatform> LocalWorld::open(bool supervise) {
  LocalPlatformOptions options;
  options.supervise = supervise;
  return std::move(LocalPlatform::create(application_, packs_, clock_, options).value());
}

std::map<std::string, long> LocalWorld::proxy_counts() const {
  const std::string csv = HaproxyClient(socket()).command("show stat").value();
  std::istringstream lines(csv);
  std::string line;
  std::vector<std::string> names;
  std::map<std::string, long> counts;
  while (std::getline(lines, line)) {
    std::vector<std::string> fields;
    std::istringstream columns(line);
    std::string field;
    while (std::getline(columns, field, ','))
      fields.push_back(field);
    if (names.empty()) {
      names = fields;
    } else if (fields.size() > 1 && fields[0] == "toy" && fields[1] == "FRONTEND") {
      for (std::size_t i = 0; i < std::min(names.size(), fields.size()); ++i) {
        if (names[i] == "req_tot" || names[i] == "hrsp_5xx" || names[i] == "hrsp_2xx")
          counts[names[i]] = std::stol(fields[i]);
      }
    }
  }
  return counts;
}

int LocalWorld::starts() const {
  int count = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_ / "logs", error)) {
    std::ifstream file(entry.path());
    std::string line;
    while (std::getline(file, line))
      count += line == "started" ? 1 : 0;
  }
  return count;
}

std::vector<std::string> LocalWorld::groups() const {
  return proc::CgroupFileSystem::detect()->children("trimtab-" + name_).value_or(std::vector<std::string>{});
}

model::Configuration LocalWorld::configuration(double cores, double size, const std::string& mode) {
  return {{"toy.cpu_limit", cores}, {"toy.size", size}, {"toy.mode", mode}};
}

}  // namespace trimtab::platform
