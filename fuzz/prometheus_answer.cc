// Feeds bytes to the reader of Prometheus' answers.
#include "telemetry/prometheus_answer.h"

#include <cstddef>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static_cast<void>(trimtab::telemetry::parse_query_answer({reinterpret_cast<const char*>(data), size}));
  return 0;
}
