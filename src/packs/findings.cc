#include "packs/findings.h"

#include <algorithm>

#include "packs/finding_rules.h"

namespace trimtab::packs {
namespace {

std::vector<CheckedRule> all_rules() {
  std::vector<CheckedRule> rules;
  for (auto part : {kubernetes_rules(), autoscaler_rules(), jvm_rules(), jvm_use_rules(), go_rules(), node_rules(),
                    dotnet_rules(), python_rules()}) {
    rules.insert(rules.end(), part.begin(), part.end());
  }
  std::ranges::sort(rules, {}, [](const CheckedRule& rule) { return rule.rule.code; });
  return rules;
}

// Where the node is not known: as large as what is asked of it, so that nothing is said that depends on it.
Surroundings surroundings_of(const ContainerFacts& facts) {
  Surroundings at;
  at.node_cpus = facts.node_cpus > 0 ? facts.node_cpus : std::max(1.0, facts.cpu_limit.value_or(2));
  at.node_memory_mib =
      facts.node_memory_mib > 0 ? facts.node_memory_mib : std::max(16384.0, facts.memory_limit_mib.value_or(0));
  at.cpu_limit = facts.cpu_limit;
  at.cpu_request = facts.cpu_request;
  at.memory_limit_mib = facts.memory_limit_mib;
  at.cgroup_version = facts.cgroup_version;
  return at;
}

Examined examine(const ContainerFacts& facts) {
  Examined examined{facts, facts.runtime, facts.version, {}, surroundings_of(facts), {}, {}};
  examined.detected = detect_runtime({facts.command_line, facts.environment, facts.image});
  if (examined.runtime == RuntimeKind::kUnknown) examined.runtime = examined.detected.runtime;
  if (!examined.version.is_known() && examined.runtime == examined.detected.runtime) {
    examined.version = examined.detected.version;
  }
  if (examined.is_jvm()) {
    examined.jvm_flags = read_hotspot_flags(examined.detected.flag_words());
    examined.jvm = hotspot_ergonomics(examined.version, examined.surroundings, examined.jvm_flags);
  }
  return examined;
}

}  // namespace

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kWarning:
      return "warning";
    case Severity::kDanger:
      return "danger";
  }
  return "";
}

std::vector<Finding> findings(const ContainerFacts& facts) {
  const Examined examined = examine(facts);
  std::vector<Finding> found;
  for (const auto& [rule, check] : all_rules()) {
    auto said = check(examined);
    if (!said) continue;
    found.push_back({std::string(rule.code), rule.severity, std::string(rule.title), std::move(said->evidence),
                     std::string(rule.risk), std::move(said->remedy), std::string(rule.source)});
  }
  std::ranges::stable_sort(found, std::greater{}, &Finding::severity);
  return found;
}

std::vector<FindingRule> finding_rules() {
  std::vector<FindingRule> rules;
  for (const auto& entry : all_rules())
    rules.push_back(entry.rule);
  return rules;
}

}  // namespace trimtab::packs
