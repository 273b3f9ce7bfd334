// Quantities as Kubernetes writes them: "250m", "1.5", "512Mi", "1e3", "2G".
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace trimtab::kubernetes {

// In the base unit (cores, bytes). kInvalidInput for anything else, negative or not finite.
[[nodiscard]] Result<double> parse_quantity(std::string_view text);

// Rounded up to whole millicores: "250m", "2". Never below 1m.
[[nodiscard]] std::string format_cpu(double cores);
// Rounded up to whole MiB: "512Mi", "2Gi" when whole.
[[nodiscard]] std::string format_memory(double bytes);

}  // namespace trimtab::kubernetes
