#include "insight/slo_burn.h"

namespace trimtab::insight {

std::vector<SloBurn> slo_burn(const model::Objective& objective, const std::vector<model::Observation>& observations,
                              Instant from, double allowed_share) {
  std::vector<SloBurn> result;
  for (std::size_t k = 0; k < objective.slos().size(); ++k) {
    SloBurn burn{objective.slos()[k].name};
    for (const model::Observation& window : observations) {
      if (window.start < from) continue;
      const double length = to_seconds(window.end - window.start);
      const auto value = objective.slo_value(k, window.metrics, window.configuration);
      if (!window.failed && !value) continue;
      burn.seconds += length;
      if (value ? !objective.slos()[k].holds(*value) : window.failed) burn.seconds_breached += length;
    }
    burn.share = burn.seconds > 0 ? burn.seconds_breached / burn.seconds : 0;
    burn.rate = burn.share / allowed_share;
    result.push_back(std::move(burn));
  }
  return result;
}

}  // namespace trimtab::insight
