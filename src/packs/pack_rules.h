// What the packs' knowledge adds to an application or a study beyond what its document says: relations between
// parameters as constraints, and the memory model. The document's block `pack_rules:` switches it off:
//
//   pack_rules:
//     memory: false                            # default true
//     relations: false                         # default true; or leave single ones out:
//     except: ["jvm.young <= 0.8 * jvm.heap"]  # as messages print them
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/memory_model.h"
#include "model/space.h"
#include "packs/application_parts.h"
#include "yaml/reader.h"

namespace trimtab::packs {

struct PackRules {
  bool memory = true;
  bool relations = true;
  std::vector<std::string> except;
};
[[nodiscard]] PackRules read_pack_rules(yaml::MappingReader& document);

// Every relation of the components' packs whose parameters are all in the space, with full names. A relation may name
// another pack's parameter: of the component it runs in, else of the only component with that pack.
[[nodiscard]] std::vector<model::Constraint> relations_of(const std::vector<ResolvedComponent>& components,
                                                          const model::Space& space);

// `space` with the relations that `rules` leave in force. Adds a fault when an item of `except` is none of them or when
// no configuration satisfies them together with the document's own constraints; the fault names pack and relation.
[[nodiscard]] model::Space with_relations(const model::Space& space, const std::vector<ResolvedComponent>& components,
                                          const PackRules& rules, yaml::MappingReader& document);

}  // namespace trimtab::packs
