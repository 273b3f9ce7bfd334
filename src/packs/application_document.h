// kind: Application: the document that enrols an application, read with the packs' defaults filled in. The format is
// described with an example in docs/guide/application.md.
//
//   apiVersion: trimtab.dev/v1
//   kind: Application
//   name: shop
//   components:
//     - {name: container, pack: container, labels: {namespace: local}}
//     - {name: jvm, pack: jvm, labels: {job: shop}}
//   platform: {kind: local, ...}             # the rest is read by the platform's adapter
//   prometheus: {url: "http://127.0.0.1:9090", timeout: 10s, token_file: ...}
//   metrics:                                  # the application's own, or overrides of a pack's by name
//     - {name: p95, unit: ms, role: latency, query: "1000 * histogram_quantile(0.95, ...[$WINDOW$]...)"}
//   load: arrivals                            # name of the load metric
//   goal: {minimize: cost}
//   slos: [p95 <= 250, errors <= 0.01]
//   formulas: {cost: 2 * (18.5 * container.cpu_limit + 2.6 * container.memory_limit / 1024)}
//   parameters:                               # names "component.parameter"; what is left out comes from the pack
//     - {name: jvm.heap, min: 96, max: 1024, max_step: 128}
//   constraints: [jvm.heap + 190 <= container.memory_limit]
//   baseline: {...}                           # optional
//   prices: {currency: EUR, cpu_core_month: 18.5, memory_gib_month: 2.6, restart: 0.02}
//   cadence: {window: 15s, step: 5s, decide_every: 60s, guard_every: 5s, settle: 30s, expire_after: 1h, ...}
//   policy: {mode: recommend, parameter_modes: {jvm.gc: observe}, confidence: 0.95, ...}
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/application.h"
#include "packs/pack.h"
#include "yaml/reader.h"

namespace trimtab::packs {

// `$LABELS$` in queries is replaced by the component's labels, metrics and parameters get their component's name in
// front; the packs' monotone relations are filled in. Also checked: names used in formulas exist, formulas have no
// cycle, some configuration satisfies the constraints (the baseline when given, else found by sampling), a load metric
// exists, cadence and ranges make sense. Errors: kInvalidInput with position and field; the hint lists the
// others. Costs milliseconds.
[[nodiscard]] Result<model::Application> read_application(std::string_view text, const std::string& file,
                                                          const PackLibrary& packs);
// The same, giving every fault rather than the first: for `trimtab doctor` and the editor. Empty when there are none.
[[nodiscard]] std::vector<Error> application_faults(std::string_view text, const std::string& file,
                                                    const PackLibrary& packs);

}  // namespace trimtab::packs
