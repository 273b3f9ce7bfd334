// The containers of a pod specification as inventory entries. Internal to the room.
#pragma once

#include <string>
#include <vector>

#include "scan/inventory.h"
#include <nlohmann/json_fwd.hpp>

namespace trimtab::scan {

// `like` gives namespace, kind, workload and what all containers share. Init containers that end are included.
[[nodiscard]] std::vector<ContainerEntry> containers_of(const nlohmann::json& pod_spec, const ContainerEntry& like);

// A HorizontalPodAutoscaler (autoscaling/v2) as facts.
[[nodiscard]] packs::HpaFacts autoscaler_facts(const nlohmann::json& autoscaler);

// Whether a selector of labels (matchLabels or a Service's selector) picks these labels; an empty one picks nothing.
[[nodiscard]] bool selects(const nlohmann::json& selector, const nlohmann::json& labels);

// Members that may be missing anywhere on the way: never throw.
[[nodiscard]] const nlohmann::json& member(const nlohmann::json& object, const char* name);
[[nodiscard]] std::string member_text(const nlohmann::json& object, const char* name);

}  // namespace trimtab::scan
