// The containers of a pod specification as inventory entries. Internal to the room.
#pragma once

#include <string>
#include <vector>

#include "kubernetes/object.h"
#include "scan/inventory.h"
#include <nlohmann/json_fwd.hpp>

namespace trimtab::scan {

using kubernetes::member;
using kubernetes::member_text;

// `like` gives namespace, kind, workload and what all containers share. Init containers that end are included.
[[nodiscard]] std::vector<ContainerEntry> containers_of(const nlohmann::json& pod_spec, const ContainerEntry& like);

// A HorizontalPodAutoscaler (autoscaling/v2) as facts.
[[nodiscard]] packs::HpaFacts autoscaler_facts(const nlohmann::json& autoscaler);

// Whether a selector of labels (matchLabels or a Service's selector) picks these labels; an empty one picks nothing.
[[nodiscard]] bool selects(const nlohmann::json& selector, const nlohmann::json& labels);

}  // namespace trimtab::scan
