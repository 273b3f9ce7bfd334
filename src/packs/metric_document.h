// One `metrics:` item of a pack or of an application.
#pragma once

#include <string>

#include "model/application.h"
#include "yaml/reader.h"

namespace trimtab::packs {

// Reads all fields but `source`; the caller calls reader.finish(). `defaults`: the pack's metric that the item changes,
// or nullptr. `required`: the default of the field of that name.
[[nodiscard]] model::Metric read_metric_fields(yaml::MappingReader& reader, const model::Metric* defaults,
                                               bool required);

[[nodiscard]] std::string_view to_string(model::MetricRole role);
[[nodiscard]] std::string_view to_string(model::Aggregate aggregate);

}  // namespace trimtab::packs
