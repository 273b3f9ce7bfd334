#include "packs/pack_review.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model/satisfy.h"
#include "packs/platform_support.h"

namespace trimtab::packs {
namespace {

// Any fixed number: two readings of one pack say the same.
constexpr std::uint64_t kSatisfySeed = 20261127;

// Whether any values within the pack's own ranges satisfy its relations over own parameters. One search for all of
// them: its cost does not grow with their number.
void review_relations(const Pack& pack, std::vector<PackNote>& notes) {
  std::vector<model::Parameter> parameters;
  for (const PackParameter& entry : pack.parameters)
    parameters.push_back(entry.parameter);
  std::vector<model::Constraint> constraints;
  for (const PackRelation& relation : pack.relations) {
    const bool own = std::ranges::none_of(relation.expression.variables(),
                                          [](const std::string& name) { return name.contains('.'); });
    if (!own) continue;
    constraints.emplace_back();
    constraints.back().expression = relation.expression;
    constraints.back().text = relation.text;
  }
  if (constraints.empty()) return;
  const auto space = model::Space::create(parameters, std::move(constraints));
  if (!space) return;
  const auto found = model::find_satisfying(*space, kSatisfySeed);
  if (found) return;
  notes.push_back({"relations", fmt::format("within the pack's own ranges {}; an application with these parameters "
                                            "would be refused",
                                            found.error().message)});
}

}  // namespace

std::vector<PackNote> review(const Pack& pack) {
  std::vector<PackNote> notes;
  for (std::size_t i = 0; i < pack.parameters.size(); ++i) {
    const PackParameter& entry = pack.parameters[i];
    const auto without = platforms_without(entry.rendering);
    if (without.empty()) continue;
    notes.push_back(
        {fmt::format("parameters[{}]", i),
         fmt::format("the platform {} does not set {}{}", fmt::join(without, " or "), entry.parameter.name,
                     entry.rendering.place == Rendering::Place::kNone
                         ? "; without render only the commands of a study get it, as TRIMTAB_<COMPONENT>_<PARAMETER>"
                         : "")});
  }
  review_relations(pack, notes);
  for (std::size_t i = 0; i < pack.metrics.size(); ++i) {
    const model::Metric& metric = pack.metrics[i].metric;
    if (metric.query.contains("$LABELS$")) continue;
    notes.push_back({fmt::format("metrics[{}]", i),
                     fmt::format("the query of {} has no $LABELS$: every component with this pack gets the same series",
                                 metric.name)});
  }
  return notes;
}

}  // namespace trimtab::packs
