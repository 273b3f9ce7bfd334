// kind: Scenario: what `trimtab simulate` runs.
//
//   apiVersion: trimtab.dev/v1
//   kind: Scenario
//   name: shop-fortnight
//   application: shop-application.yaml       # kind: Application, beside this file; platform: {kind: simulated}
//   start: 2026-01-05T00:00:00Z
//   length: 14d
//   history: 14d                              # of load that monitoring knows at the start
//   step: 1m                                  # resolution of the truth
//   replicas: 2
//   replica_start: 40s                        # start, warm-up and drain of one replica in a rolling change
//   measurement_noise: 0.02                   # relative
//   allowed_breach: 0.005                     # share of steps the oracle may be in breach
//   seed: 1
//   load: {peak: 80, shape: [[0, 0.25], [4, 0.12], ...], weekend: 0.7, growth_per_week: 0.02, noise: 0.03,
//          surges_per_week: 3, surge_factor: 1.3, surge_length: 30m, day: 24h}
//   service: {render_ms: 12, zipf: 0.9, ...}  # overrides of the shop's constants, all optional
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "simulation/scenario.h"

#include "base/result.h"
#include "packs/pack.h"

namespace trimtab::simulation {

// `read_file` gives the text of a file named in the document. Errors: kInvalidInput with position and field, those of
// the application document, those of read_file.
[[nodiscard]] Result<Scenario> read_scenario(
    std::string_view text, const std::string& file, const packs::PackLibrary& packs,
    const std::function<Result<std::string>(const std::string& name)>& read_file);

}  // namespace trimtab::simulation
