// Trace: what a workload's container needed, minute by minute, replica by replica, generated or recorded. Values.
//
// Need is what the program would use if nothing held it back: cores of CPU, MiB of memory below which it is killed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace trimtab::backtest {

struct ReplicaNeed {
  std::vector<float> cpu;     // cores, by the minute
  std::vector<float> memory;  // MiB, by the minute; as many
};

struct Trace {
  std::string name;
  std::string family;  // "weekly_peak"; "recorded"
  std::vector<ReplicaNeed> replicas;
  std::vector<std::string> command_line;  // tells the runtime, as in a pod
  double request_cpu = 1;                 // as its developers set it: cores
  double request_memory_mib = 1024;       // and memory, which is its limit too

  [[nodiscard]] std::size_t minutes() const { return replicas.empty() ? 0 : replicas.front().cpu.size(); }
};

// All replicas' figures of a minute.
struct MinuteUse {
  std::size_t minute = 0;
  std::vector<float> cpu;     // cores, by replica
  std::vector<float> memory;  // MiB, by replica: what was seen, never above the limit
  bool killed = false;        // a replica needed more memory than it was allowed
};

}  // namespace trimtab::backtest
