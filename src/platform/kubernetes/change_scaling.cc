// The autoscaler's part of a decision.
#include "base/log.h"
#include "platform/kubernetes/autoscaler_change.h"
#include "platform/kubernetes/change_work.h"

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;

Result<void> apply_values(ClusterAccess& access, const WorkloadReading& reading, const ScalerValues& values,
                          bool dry_run) {
  TRY_ASSIGN(const Json fields, changed_autoscaler(reading.scaler, values));
  return access.apply_scaler(reading, fields, dry_run);
}

}  // namespace

Result<void> scale_before(ClusterAccess& access, const WorkloadReading& reading, const Change& change) {
  TRY_ASSIGN(const packs::Rendered rendered, access.stack().render(change.scaling));
  const ScalerValues& wanted = rendered.autoscaler;
  const ScalerValues now = read_autoscaler(reading.scaler);
  TRY(apply_values(access, reading, wanted, true));
  const ScalerValues safer = safer_of(now, wanted);
  const bool needed = std::any_of(safer.begin(), safer.end(), [&](const auto& one) {
    const auto at = now.find(one.first);
    return at == now.end() || at->second != one.second;
  });
  return needed ? apply_values(access, reading, safer, false) : Result<void>();
}

Result<void> scale_after(ClusterAccess& access, const WorkloadReading& reading, const Change& change) {
  if (change.scaler_way_back.is_object()) return access.restore_scaler(reading, change.scaler_way_back);
  TRY_ASSIGN(const packs::Rendered rendered, access.stack().render(change.scaling));
  return apply_values(access, reading, rendered.autoscaler, false);
}

void scale_back(ClusterAccess& access, const WorkloadReading& reading, const Change& change) {
  const Json before = Json::parse(reading.state.scaler_before, nullptr, false);
  if (!before.is_object() || access.lost_lease()) return;
  const auto back = insist(access, change, [&] { return access.restore_scaler(reading, before); });
  if (!back) log::warning("autoscaler.not_taken_back", {{"error", back.error().to_string()}});
}

}  // namespace trimtab::platform
