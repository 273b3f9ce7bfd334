#include "packs/platform_support.h"

#include <algorithm>

#include <fmt/format.h>

namespace trimtab::packs {
namespace {

using Place = Rendering::Place;

std::string_view place_name(Place place) {
  switch (place) {
    case Place::kRequest:
      return "a request of the container";
    case Place::kAutoscaler:
      return "a field of the autoscaler";
    case Place::kSysctl:
      return "a kernel setting of the pod";
    default:
      return "written nowhere (its pack has no render)";
  }
}

}  // namespace

std::vector<std::string_view> platforms_without(const Rendering& rendering) {
  switch (rendering.place) {
    case Place::kLimit:
    case Place::kFlag:
    case Place::kArgument:
    case Place::kEnvironment:
      return {};
    case Place::kRequest:
    case Place::kAutoscaler:
      return {"local"};
    case Place::kNone:
    case Place::kSysctl:
      break;
  }
  return {"local", "kubernetes"};
}

void check_platform(const std::vector<model::PlacedParameter>& parameters,
                    const std::vector<ResolvedComponent>& components, std::string_view platform, yaml::Faults& faults) {
  for (const model::PlacedParameter& placed : parameters) {
    const std::string& name = placed.parameter.name;
    const PackParameter* known = parameter_of(components, name);
    if (known == nullptr) continue;
    const auto without = platforms_without(known->rendering);
    if (std::ranges::find(without, platform) == without.end()) continue;
    faults.add(
        placed.position, placed.path,
        fmt::format("{} is {}, which the platform {} does not set", name, place_name(known->rendering.place), platform),
        "leave it out, or say what it is set to as values of the component");
  }
}

}  // namespace trimtab::packs
