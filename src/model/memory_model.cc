#include "model/memory_model.h"

#include <fmt/format.h>

namespace trimtab::model {

std::string MemoryForecast::text() const {
  const std::string evidence =
      windows > 0 ? fmt::format("corrected by {} windows", windows) : std::string("not yet corrected by evidence");
  return fmt::format("{} may come to hold {:.0f} MiB ({}; {}), {} is {:.0f} MiB", component, high_mib, parts, evidence,
                     limit_parameter, limit_mib);
}

}  // namespace trimtab::model
