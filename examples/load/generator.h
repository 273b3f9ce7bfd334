// Generator: sends requests when they are due, over many non-blocking keep-alive connections on one thread. Latency
// counts from when a request was due, not from when a connection was free for it (no coordinated omission).
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "load/rate_profile.h"
#include "load/request_mix.h"
#include "load/statistics.h"

#include "base/result.h"

namespace trimtab::load {

struct GeneratorOptions {
  std::string address = "127.0.0.1";  // IPv4
  int port = 80;
  RateProfileOptions profile;
  RequestMixOptions mix;
  double duration_s = 0;  // 0: until stopped
  double warm_up_s = 0;   // at the start; not in the summary
  double timeout_s = 10;  // from when a request was due
  int max_connections = 512;
  double idle_s = 5;  // an unused connection is closed by us, before any server would
};

// Runs to its end or until `stop`; requests under way are waited for. kInvalidInput: the address.
[[nodiscard]] Result<Summary> generate(const GeneratorOptions& options, Statistics& statistics,
                                       const std::stop_token& stop);

}  // namespace trimtab::load
