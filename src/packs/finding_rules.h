// The rules behind findings(): what each looks at and says. Internal to the room.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "packs/detection/detect.h"
#include "packs/findings.h"
#include "packs/runtime/hotspot.h"

namespace trimtab::packs {

// What the rules share, worked out once.
struct Examined {
  const ContainerFacts& facts;
  RuntimeKind runtime = RuntimeKind::kUnknown;
  RuntimeVersion version;
  DetectedRuntime detected;
  Surroundings surroundings;
  HotspotFlags jvm_flags;
  HotspotErgonomics jvm;  // when the runtime is HotSpot

  [[nodiscard]] bool is_jvm() const { return runtime == RuntimeKind::kHotspot; }
  // The limits' node is known, so what depends on it can be said.
  [[nodiscard]] bool knows_node() const { return facts.node_cpus > 0; }
};

struct Said {
  std::string evidence;
  std::string remedy;
};

struct CheckedRule {
  FindingRule rule;
  std::optional<Said> (*check)(const Examined&);
};

[[nodiscard]] std::vector<CheckedRule> kubernetes_rules();
[[nodiscard]] std::vector<CheckedRule> autoscaler_rules();
[[nodiscard]] std::vector<CheckedRule> jvm_rules();
[[nodiscard]] std::vector<CheckedRule> jvm_use_rules();  // those that need metrics or a version
[[nodiscard]] std::vector<CheckedRule> go_rules();
[[nodiscard]] std::vector<CheckedRule> node_rules();
[[nodiscard]] std::vector<CheckedRule> dotnet_rules();
[[nodiscard]] std::vector<CheckedRule> python_rules();

}  // namespace trimtab::packs
