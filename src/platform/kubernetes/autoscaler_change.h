// The settings of a HorizontalPodAutoscaler (autoscaling/v2) that are parameters of an application: which it shows, and
// what a change of them turns its spec into. Names are those of the packs: "min_replicas", "max_replicas",
// "cpu_target", "memory_target" (percent of the request), "scale_down_window", "scale_up_window" (seconds),
// "scale_down_percent", "scale_up_percent" (of the replicas, in a minute). Pure functions over JSON that may lack
// anything.
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/
#pragma once

#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace trimtab::platform {

using ScalerValues = std::map<std::string, double>;

// What is not written counts with Kubernetes' default where there is one for every workload; else it is absent.
[[nodiscard]] ScalerValues read_autoscaler(const nlohmann::json& scaler);

// The fields of its spec with these values in them, each field whole, as server-side apply takes them: minReplicas,
// maxReplicas, metrics (a list is replaced as a whole), behavior. Others are left out. kInvalidInput: it counts nothing
// that this target could be a target of.
[[nodiscard]] Result<nlohmann::json> changed_autoscaler(const nlohmann::json& scaler, const ScalerValues& values);

// Of `from` and `to` those that keep more replicas: what may be in force before the pods have changed.
[[nodiscard]] ScalerValues safer_of(const ScalerValues& from, const ScalerValues& to);

// The four fields as they stand, for an exact way back; a field that is not written is null.
[[nodiscard]] nlohmann::json scaler_fields(const nlohmann::json& scaler);

// "ScaledObject shop", "Argo CD shop": whose values would be put back; empty: nobody's.
[[nodiscard]] std::string keeper_of(const nlohmann::json& scaler);

}  // namespace trimtab::platform
