// Feeds bytes to the scan's reader of Prometheus' answers, and looks at every label and point that it gives.
#include "scan/series_answer.h"

#include <cstddef>
#include <string_view>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::size_t seen = 0;
  static_cast<void>(
      trimtab::scan::read_series({reinterpret_cast<const char*>(data), size}, [&](const trimtab::scan::Series& series) {
        seen += series.label("namespace").size() + series.label("pod").size();
        for (const auto& point : series.points) {
          CHECK(point.value - point.value == 0);  // finite
          ++seen;
        }
      }));
  CHECK(seen <= 2 * size);
  return 0;
}
