// MemoryModel: how much memory a configuration may come to need, as far as anything knows it; and so whether the kernel
// may kill it. The interface stands here because an application carries its model and the engine asks it; the packs
// implement it (packs/memory_feasibility.h). Immutable; safe to share between threads. MiB.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/configuration.h"
#include "model/observation.h"

namespace trimtab::model {

// Of the container that comes nearest to its limit, or passes it furthest.
struct MemoryForecast {
  std::string component;        // the runtime: "jvm"
  std::string limit_parameter;  // "container.memory_limit"
  double limit_mib = 0;
  double expected_mib = 0;  // at the peak
  double high_mib = 0;      // what it may come to: a limit below is not called safe
  int windows = 0;          // of evidence that corrected it; 0: only what is known of the runtime
  std::string parts;        // "heap 512, beside it up to 138 MiB"

  [[nodiscard]] double missing_mib() const { return high_mib - limit_mib; }
  // "jvm may come to hold 650 MiB (heap 512, ...); container.memory_limit is 600 MiB"
  [[nodiscard]] std::string text() const;
};

class MemoryModel {
 public:
  virtual ~MemoryModel() = default;
  // The same model corrected by what was observed (oldest first; failed windows included). Milliseconds.
  [[nodiscard]] virtual std::shared_ptr<const MemoryModel> corrected(const std::vector<Observation>& seen) const = 0;
  // None: nothing can be said, because no limit or no runtime that is understood is given. Microseconds.
  [[nodiscard]] virtual std::optional<MemoryForecast> forecast(const Configuration& configuration) const = 0;
};

}  // namespace trimtab::model
