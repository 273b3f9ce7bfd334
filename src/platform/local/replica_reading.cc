// What a replica really is: read from the kernel and over HTTP, not from what was asked.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "platform/local/replica_host.h"

namespace trimtab::platform {
namespace {

using std::chrono::seconds;

constexpr auto kProbeDeadline = seconds(3);
constexpr auto kCrashWindow = seconds(600);  // what is told to people reaches further back than the restart pauses
constexpr std::size_t kLoopExits = 3;
constexpr std::streamoff kTail = 4096;
constexpr std::size_t kLongestWords = 300;

std::string trouble_of(const ReplicaRecord& record, bool alive, Instant now, const std::string& last_words) {
  std::size_t recent = 0;
  Instant first = now;
  for (const Instant exit : record.exits) {
    if (now - exit > kCrashWindow) continue;
    ++recent;
    first = std::min(first, exit);
  }
  if (recent >= kLoopExits) {
    const auto span = std::chrono::ceil<seconds>(now - first);
    return "crash loop: ended by itself " + std::to_string(recent) + " times in " + std::to_string(span.count()) +
           " s; last line: " + last_words;
  }
  if (!alive && record.stage != Stage::kStopping) return "the process has ended; last line: " + last_words;
  if (alive && record.stage == Stage::kStarting) return "not ready yet";
  return {};
}

}  // namespace

bool ReplicaHost::answers(const ReplicaRecord& record, Duration deadline) const {
  const Slot* slot = settings_.find_slot(record.name);
  if (slot == nullptr) return false;
  net::ClientRequest request;
  request.url = expand(settings_.ready_url, *slot);
  request.deadline = deadline;
  request.max_response_bytes = 64 * 1024;
  const auto response = http_.send(request);
  return response && response->status == 200;
}

model::Configuration ReplicaHost::live_configuration(const ReplicaRecord& record) const {
  const auto words = proc::command_line(record.process);
  const auto variables = proc::environment(record.process);
  const auto limits = groups_.limits(group_of(record.name));
  if (!words || !variables || !limits) return {};
  std::map<std::string, double> by_name;
  if (limits->cpu_cores) by_name["cpu"] = *limits->cpu_cores;
  if (limits->memory_mib) by_name["memory"] = *limits->memory_mib;
  return stack_.recognise(*words, *variables, by_name);
}

engine::ReplicaState ReplicaHost::read(const ReplicaRecord& record) const {
  engine::ReplicaState state;
  const bool running = alive(record);
  state.name = record.name;
  state.identity = std::to_string(record.process.pid) + ":" + std::to_string(record.process.start_ticks);
  state.restarts = record.restarts;
  if (const auto use = groups_.use(group_of(record.name))) {
    state.out_of_memory_kills = static_cast<int>(std::max(0.0, use->oom_kills - record.oom_kills_before));
  }
  if (running) {
    state.configuration = live_configuration(record);
    state.ready = record.stage == Stage::kServing && answers(record, kProbeDeadline);
  }
  state.trouble = trouble_of(record, running, now(), running && record.exits.empty() ? "" : last_words(record));
  if (running && record.stage == Stage::kServing && !state.ready && state.trouble.empty()) {
    const Slot* slot = settings_.find_slot(record.name);
    state.trouble =
        "does not answer at " + (slot == nullptr ? settings_.ready_url : expand(settings_.ready_url, *slot));
  }
  if (state.out_of_memory_kills > 0) {
    const std::string kills = "killed for lack of memory " + std::to_string(state.out_of_memory_kills) + " times";
    state.trouble = state.trouble.empty() ? kills : kills + "; " + state.trouble;
  }
  return state;
}

std::string ReplicaHost::last_words(const ReplicaRecord& record) const {
  std::ifstream file(settings_.log_directory + "/" + record.name + ".log", std::ios::binary | std::ios::ate);
  if (!file) return "(no log)";
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(0, size - kTail));
  std::string text(std::istreambuf_iterator<char>(file), {});
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.pop_back();
  const std::size_t line = text.rfind('\n');
  if (line != std::string::npos) text.erase(0, line + 1);
  if (text.size() > kLongestWords) text.resize(kLongestWords);
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return text.empty() ? "(empty log)" : text;
}

}  // namespace trimtab::platform
