#include "packs/pack_rules.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "base/spelling.h"
#include "model/satisfy.h"

namespace trimtab::packs {
namespace {

// Any fixed number: whether a document is accepted must not change from one reading to the next.
constexpr std::uint64_t kSatisfySeed = 20261125;

// The component that "PACK.parameter" of a relation means, seen from `own`; nullptr when there is none, or several.
const ResolvedComponent* component_of(const std::vector<ResolvedComponent>& components, const ResolvedComponent& own,
                                      std::string_view pack) {
  const ResolvedComponent* found = nullptr;
  for (const ResolvedComponent& entry : components) {
    if (entry.component.pack != pack) continue;
    if (entry.component.name == own.component.container) return &entry;
    if (found != nullptr) return nullptr;
    found = &entry;
  }
  return found;
}

// The relation with full names; none when one of them is not a parameter of the space.
std::optional<model::Constraint> placed(const PackRelation& relation, const ResolvedComponent& own,
                                        const std::vector<ResolvedComponent>& components, const model::Space& space) {
  std::map<std::string, std::string, std::less<>> names;
  for (const std::string& name : relation.expression.variables()) {
    const auto dot = name.find('.');
    const ResolvedComponent* component =
        dot == std::string::npos ? &own : component_of(components, own, name.substr(0, dot));
    if (component == nullptr) return std::nullopt;
    std::string full = component->component.name + "." + (dot == std::string::npos ? name : name.substr(dot + 1));
    if (space.find(full) == nullptr) return std::nullopt;
    names.emplace(name, std::move(full));
  }
  model::Constraint constraint;
  constraint.expression = relation.expression.renamed([&](std::string_view name) { return names.find(name)->second; });
  constraint.text = constraint.expression.to_string();
  constraint.origin = "the pack " + own.component.pack;
  return constraint;
}

}  // namespace

PackRules read_pack_rules(yaml::MappingReader& document) {
  PackRules rules;
  const yaml::Node* node = document.take("pack_rules");
  if (node == nullptr) return rules;
  yaml::MappingReader reader(*node, document.path_of("pack_rules"), document.faults());
  rules.memory = reader.boolean("memory", true);
  rules.relations = reader.boolean("relations", true);
  rules.except = reader.text_list("except");
  reader.finish();
  return rules;
}

std::vector<model::Constraint> relations_of(const std::vector<ResolvedComponent>& components,
                                            const model::Space& space) {
  std::vector<model::Constraint> constraints;
  for (const ResolvedComponent& entry : components) {
    if (entry.pack == nullptr) continue;
    for (const PackRelation& relation : entry.pack->relations) {
      if (auto constraint = placed(relation, entry, components, space)) constraints.push_back(*std::move(constraint));
    }
  }
  return constraints;
}

model::Space with_relations(const model::Space& space, const std::vector<ResolvedComponent>& components,
                            const PackRules& rules, yaml::MappingReader& document) {
  std::vector<model::Constraint> relations = relations_of(components, space);
  std::vector<std::string> known;
  for (const model::Constraint& relation : relations)
    known.push_back(relation.text);
  for (const std::string& text : rules.except) {
    if (std::ranges::find(known, text) != known.end()) continue;
    document.fault("pack_rules", fmt::format("no pack states the relation \"{}\" between these parameters", text),
                   known.empty() ? "there are no relations: leave it out" : spelling_hint(text, known));
  }
  if (!rules.relations || !document.faults().empty()) return space;
  model::Space result = space;
  for (model::Constraint& relation : relations) {
    if (std::ranges::find(rules.except, relation.text) == rules.except.end()) result = result.with(std::move(relation));
  }
  if (result.constraints().size() == space.constraints().size()) return space;
  if (const auto found = model::find_satisfying(result, kSatisfySeed); !found) {
    document.fault("parameters", found.error().message, "widen a range, or list the relation in pack_rules.except");
  }
  return result;
}

}  // namespace trimtab::packs
