// The parts of kind: Application that come from packs: components, metrics, parameters.
#pragma once

#include <string>
#include <vector>

#include "model/application.h"
#include "model/space_document.h"
#include "packs/pack.h"
#include "yaml/reader.h"

namespace trimtab::packs {

struct ResolvedComponent {
  model::Component component;
  const Pack* pack = nullptr;  // nullptr when there is none of that name, which is a fault already
};

// The pack's parameter that "COMPONENT.PARAMETER" means; nullptr when there is none.
[[nodiscard]] const PackParameter* parameter_of(const std::vector<ResolvedComponent>& components,
                                                std::string_view full_name);

[[nodiscard]] std::vector<ResolvedComponent> read_components(yaml::MappingReader& application,
                                                             const PackLibrary& packs);
// The packs' metrics with their components' names and labels, changed and followed by the document's own.
[[nodiscard]] std::vector<model::Metric> read_metrics(yaml::MappingReader& application,
                                                      const std::vector<ResolvedComponent>& components);
// Empty when one of them is nothing that the packs offer: the rest of the document cannot be judged then.
[[nodiscard]] std::vector<model::PlacedParameter> read_parameters(yaml::MappingReader& application,
                                                                  const std::vector<ResolvedComponent>& components);
// What the packs know of how metrics move, for the metrics and parameters that the application has.
[[nodiscard]] std::vector<model::Monotone> monotone_relations(const std::vector<ResolvedComponent>& components,
                                                              const std::vector<model::Metric>& metrics,
                                                              const model::Space& space);

// `query` with $LABELS$ replaced by PromQL matchers: job="shop",zone="a".
[[nodiscard]] std::string expand_labels(std::string query, const std::map<std::string, std::string>& labels);

}  // namespace trimtab::packs
