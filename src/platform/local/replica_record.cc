#include "platform/local/replica_record.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "json/json.h"
#include "proc/file_descriptor.h"

namespace trimtab::platform {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::string_view kPrefix = "replica-";
constexpr std::array<std::string_view, 5> kStages{"starting", "serving", "draining", "stopping", "standby"};

Json to_json(const model::Configuration& configuration) {
  Json made = Json::object();
  for (const auto& [name, value] : configuration.entries()) {
    if (value.is_number()) {
      made[name] = value.number();
    } else if (value.is_text()) {
      made[name] = value.text();
    }
  }
  return made;
}

Result<model::Configuration> configuration_from(const Json& object) {
  model::Configuration made;
  for (const auto& [name, value] : object.items()) {
    if (value.is_number()) {
      made.set(name, value.get<double>());
    } else if (value.is_string()) {
      made.set(name, value.get<std::string>());
    } else {
      return fail(invalid_input("neither number nor text", "asked." + name));
    }
  }
  return made;
}

Json to_json(const ReplicaRecord& record) {
  Json exits = Json::array();
  for (const Instant exit : record.exits)
    exits.push_back(exit.us);
  return {{"name", record.name},
          {"stage", to_string(record.stage)},
          {"onTrial", record.on_trial},
          {"keepWarm", record.keep_warm},
          {"decision", record.decision},
          {"asked", to_json(record.asked)},
          {"pid", record.process.pid},
          {"startTicks", record.process.start_ticks},
          {"startedUs", record.started.us},
          {"stageSinceUs", record.stage_since.us},
          {"startAgainAtUs", record.start_again_at.us},
          {"exitsUs", exits},
          {"restarts", record.restarts},
          {"oomKillsBefore", record.oom_kills_before}};
}

Result<ReplicaRecord> record_from(const Json& object) {
  ReplicaRecord record;
  TRY_ASSIGN(record.name, json::text(object, "name"));
  TRY_ASSIGN(const std::string stage, json::text(object, "stage"));
  const auto* const found = std::find(kStages.begin(), kStages.end(), stage);
  if (found == kStages.end()) return fail(invalid_input("unknown stage " + stage, "stage"));
  record.stage = static_cast<Stage>(found - kStages.begin());
  TRY_ASSIGN(record.on_trial, json::boolean(object, "onTrial"));
  record.keep_warm = object.value("keepWarm", false);  // absent in records of earlier versions
  TRY_ASSIGN(record.decision, json::text(object, "decision"));
  TRY_ASSIGN(record.asked, configuration_from(object.value("asked", Json::object())));
  TRY_ASSIGN(const std::int64_t pid, json::integer(object, "pid"));
  record.process.pid = static_cast<int>(pid);
  TRY_ASSIGN(record.process.start_ticks, json::integer(object, "startTicks"));
  TRY_ASSIGN(record.started.us, json::integer(object, "startedUs"));
  TRY_ASSIGN(record.stage_since.us, json::integer(object, "stageSinceUs"));
  TRY_ASSIGN(record.start_again_at.us, json::integer(object, "startAgainAtUs"));
  for (const Json& exit : object.value("exitsUs", Json::array())) {
    if (exit.is_number_integer()) record.exits.push_back({exit.get<std::int64_t>()});
  }
  TRY_ASSIGN(const std::int64_t restarts, json::integer(object, "restarts"));
  record.restarts = static_cast<int>(restarts);
  TRY_ASSIGN(record.oom_kills_before, json::number(object, "oomKillsBefore"));
  return record;
}

// A file is either the old one or the new one, also when the machine stops in between: written beside, synced, renamed.
Result<void> write_atomically(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  std::error_code ignored;
  fs::create_directories(fs::path(path).parent_path(), ignored);
  proc::FileDescriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const bool written = file.open() && ::write(file.get(), text.data(), text.size()) == std::ssize(text) &&
                       ::fsync(file.get()) == 0 && ::rename(beside.c_str(), path.c_str()) == 0;
  if (!written) return fail(unavailable(path + " could not be written", "check space and permissions"));
  return {};
}

// nullopt: no such file.
Result<std::optional<Json>> read_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::optional<Json>();
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto parsed = json::parse(text);
  if (!parsed) {
    Error damaged = parsed.error();
    damaged.code = Code::kDataLoss;
    damaged.message = path + ": " + damaged.message;
    return fail(damaged);
  }
  return std::optional<Json>(std::move(*parsed));
}

}  // namespace

std::string_view to_string(Stage stage) {
  return kStages.at(static_cast<std::size_t>(stage));
}

Result<std::vector<ReplicaRecord>> RecordStore::load() const {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::directory_iterator entry(directory_, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(kPrefix) && name.ends_with(".json")) paths.push_back(entry->path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<ReplicaRecord> records;
  for (const std::string& path : paths) {
    TRY_ASSIGN(const auto object, read_json(path));
    if (!object) continue;
    auto record = record_from(*object);
    if (!record) {
      Error damaged = record.error();
      damaged.code = Code::kDataLoss;
      damaged.message = path + ": " + damaged.message;
      return fail(damaged);
    }
    records.push_back(std::move(*record));
  }
  return records;
}

Result<void> RecordStore::save(const ReplicaRecord& record) const {
  return write_atomically(directory_ + "/" + std::string(kPrefix) + record.name + ".json",
                          to_json(record).dump(2) + "\n");
}

Result<void> RecordStore::erase(const std::string& name) const {
  const std::string path = directory_ + "/" + std::string(kPrefix) + name + ".json";
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return fail(unavailable(path + " could not be removed"));
}

Result<ChangeRecord> RecordStore::load_change() const {
  TRY_ASSIGN(const auto object, read_json(directory_ + "/change.json"));
  ChangeRecord change;
  if (!object) return change;
  TRY_ASSIGN(change.under_way, json::text(*object, "underWay"));
  TRY_ASSIGN(change.completed, json::text(*object, "completed"));
  return change;
}

Result<void> RecordStore::save_change(const ChangeRecord& change) const {
  const Json object = {{"underWay", change.under_way}, {"completed", change.completed}};
  return write_atomically(directory_ + "/change.json", object.dump(2) + "\n");
}

Result<StateLock> StateLock::take(const std::string& directory, const std::string& name, Wait wait) {
  std::error_code ignored;
  fs::create_directories(directory, ignored);
  const std::string path = directory + "/" + name;
  StateLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.fd_ < 0) return fail(unavailable(path + " could not be opened", "check the platform's state directory"));
  int answer = -1;
  do {
    answer = ::flock(lock.fd_, LOCK_EX | (wait == Wait::kNo ? LOCK_NB : 0));
  } while (answer != 0 && errno == EINTR);
  if (answer != 0) return fail(conflict(path + " is held by another process"));
  return lock;
}

StateLock::StateLock(StateLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

StateLock::~StateLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace trimtab::platform
