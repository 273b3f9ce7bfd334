// Feeds bytes to the reader of recorded need.
#include <cstddef>
#include <string_view>

#include "backtest/recorded.h"

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto trace = trimtab::backtest::parse_recorded({reinterpret_cast<const char*>(data), size}, "need.csv");
  if (!trace) return 0;
  CHECK(!trace->replicas.empty());
  for (const auto& need : trace->replicas)
    CHECK(need.cpu.size() == need.memory.size() && need.cpu.size() == trace->minutes() && trace->minutes() > 0);
  return 0;
}
