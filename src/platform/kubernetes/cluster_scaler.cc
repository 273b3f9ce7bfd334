// The autoscaler of a workload.
#include <algorithm>
#include <cmath>

#include "kubernetes/quantity.h"

#include "base/log.h"
#include "platform/kubernetes/autoscaler_change.h"
#include "platform/kubernetes/change_work.h"

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;

constexpr int kScalerTries = 8;  // against its controller, that writes the status meanwhile
constexpr const char* kScalePointAnnotation = "trimtab.dev/scale-point";  // cores of use a replica, as text
// What an autoscaler can work with: above, a replica is full before the next one is there.
constexpr int kLeastTarget = 10;
constexpr int kGreatestTarget = 95;

std::string scaler_path(const std::string& space, const Json& scaler) {
  return kubernetes::resource("autoscaling/v2", space, "horizontalpodautoscalers",
                              field_text(scaler, {"metadata", "name"}));
}

}  // namespace

Result<std::vector<Json>> ClusterAccess::scalers_of(const std::string& workload) {
  std::vector<Json> scalers;
  const std::string path = kubernetes::resource("autoscaling/v2", settings_.space, "horizontalpodautoscalers");
  TRY(client_->list(path, {}, [&](const Json& item) {
    if (field_text(item, {"spec", "scaleTargetRef", "name"}) == workload &&
        field_text(item, {"spec", "scaleTargetRef", "kind"}) == settings_.kind) {
      scalers.push_back(item);
    }
  }));
  return scalers;
}

Result<void> ClusterAccess::read_scaler(WorkloadReading& reading) {
  if (!stack_.has_autoscaler()) return {};
  TRY_ASSIGN(std::vector<Json> scalers, scalers_of(reading.name));
  if (scalers.size() != 1) {
    return fail(not_found(std::to_string(scalers.size()) + " HorizontalPodAutoscalers scale " + settings_.kind + " " +
                              settings_.space + "/" + reading.name,
                          "parameters of the pack hpa need exactly one: make it, or leave them out"));
  }
  reading.scaler = std::move(scalers.front());
  return {};
}

Result<void> ClusterAccess::apply_scaler(const WorkloadReading& reading, const Json& fields, bool dry_run) {
  const Json body{
      {"apiVersion", "autoscaling/v2"},
      {"kind", "HorizontalPodAutoscaler"},
      {"metadata", {{"name", field_text(reading.scaler, {"metadata", "name"})}, {"namespace", settings_.space}}},
      {"spec", fields}};
  kubernetes::WriteOptions options;
  options.force = true;
  options.dry_run = dry_run;
  TRY(client_->patch(scaler_path(settings_.space, reading.scaler), kubernetes::PatchKind::kApply, body, options));
  return {};
}

Result<void> ClusterAccess::restore_scaler(const WorkloadReading& reading, const Json& fields) {
  Json written = Json::object();
  for (const auto& [name, value] : fields.items()) {
    if (!value.is_null()) written[name] = value;
  }
  TRY(apply_scaler(reading, written, false));
  // What the API server filled in beside an applied field is nobody's and stays when the field goes.
  TRY_ASSIGN(const std::vector<Json> live, scalers_of(reading.name));
  for (const Json& scaler : live) {
    if (scaler_path(settings_.space, scaler) != scaler_path(settings_.space, reading.scaler)) continue;
    const Json now = scaler_fields(scaler);
    Json rest = Json::object();
    for (const auto& [name, value] : fields.items()) {
      if (now.value(name, Json()) != value) rest[name] = value;
    }
    if (rest.empty()) continue;
    TRY(client_->patch(scaler_path(settings_.space, scaler), kubernetes::PatchKind::kMerge, Json{{"spec", rest}}));
  }
  return {};
}

Result<void> ClusterAccess::keep_scale_point(const WorkloadReading& reading, std::optional<double> request_before,
                                             std::optional<double> request_after) {
  for (int tries = 1;; ++tries) {
    const auto kept = move_target(reading, request_before, request_after);
    if (kept || kept.error().code != Code::kConflict || tries >= kScalerTries) return kept;
  }
}

Result<void> ClusterAccess::move_target(const WorkloadReading& reading, std::optional<double> request_before,
                                        std::optional<double> request_after) {
  if (!settings_.keep_scale_point || !request_after || *request_after <= 0) return {};
  TRY_ASSIGN(const std::vector<Json> scalers, scalers_of(reading.name));
  for (const Json& scaler : scalers) {
    Json metrics = field(scaler, {"spec", "metrics"});
    for (Json& metric : metrics) {
      const char* source = field_text(metric, {"type"}) == "ContainerResource" ? "containerResource" : "resource";
      const int target = field_int(metric, {source, "target", "averageUtilization"});
      if (field_text(metric, {source, "name"}) != "cpu" || target == 0) continue;
      const auto target_at = [&](double cores, double request) {
        return std::clamp(static_cast<int>(std::lround(cores / request * 100)), kLeastTarget, kGreatestTarget);
      };
      // Remembered, so that rounding does not add up and the way back is exact; a target that somebody set since
      // counts.
      const std::string kept = field_text(scaler, {"metadata", "annotations", kScalePointAnnotation});
      const auto remembered = kubernetes::parse_quantity(kept);
      if (!request_before || *request_before <= 0) continue;
      const bool valid = remembered && target_at(*remembered, *request_before) == target;
      const double point = valid ? *remembered : target / 100.0 * *request_before;
      const int wanted = target_at(point, *request_after);
      if (wanted == target) continue;
      metric[source]["target"]["averageUtilization"] = wanted;
      const Json body{{"metadata",
                       {{"resourceVersion", field_text(scaler, {"metadata", "resourceVersion"})},
                        {"annotations", {{kScalePointAnnotation, kubernetes::format_cpu(point)}}}}},
                      {"spec", {{"metrics", metrics}}}};
      TRY(client_->patch(scaler_path(settings_.space, scaler), kubernetes::PatchKind::kMerge, body));
      log::info("autoscaler.target", {{"from", target}, {"to", wanted}});
    }
  }
  return {};
}

}  // namespace trimtab::platform
