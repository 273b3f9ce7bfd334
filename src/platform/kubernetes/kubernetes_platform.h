// KubernetesPlatform: a Deployment or StatefulSet, changed through the API server.
//
// A change of values that need no restart is made in place, pod by pod (subresource resize); any other, and one the
// cluster refuses in place, by server-side apply of the pod template, which rolls. Every change is tried with a dry run
// first and given up and taken back when its replicas do not become healthy. What is under way and what is done stands
// in an annotation of the workload, so that another Trimtab goes on where this one ended; a lease in the workload's
// namespace lets only one act at a time. Pods that start after a change in place are given its values when next looked
// at, because their template does not have them.
//
// With platform.canary one replica gets the new values first and is watched beside the others. A change that the
// namespace's LimitRanges or quotas would not let in is refused before anything is touched.
//
// Nothing is changed while the annotation trimtab.dev/paused is "true" on the workload (the kill switch; a change under
// way is taken back), nor what Argo CD or Flux keeps, unless the document says so. Settings of the workload's
// HorizontalPodAutoscaler that are parameters (pack hpa) are changed with the pods as one decision. Thread safe.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "kubernetes/client.h"

#include "engine/metric_source.h"
#include "engine/platform.h"
#include "packs/pack.h"
#include "platform/kubernetes/kubernetes_settings.h"

namespace trimtab::platform {

struct KubernetesPlatformOptions {
  std::string holder;  // of the lease; empty: host name and process id
  // Measures a canary beside its control group; null: only their health is looked at.
  std::unique_ptr<engine::MetricSource> metrics;
  // Waits between looks at a change; false when stopped. Empty: really waits.
  std::function<bool(Duration, const std::stop_token&)> pause;
};

class KubernetesPlatform final : public engine::Platform {
 public:
  // Reads the block `platform:` and finds out how to reach the cluster; contacts nothing. `clock` outlives the
  // platform. Errors: kInvalidInput, kNotFound (no kubeconfig or context).
  [[nodiscard]] static Result<std::unique_ptr<KubernetesPlatform>> create(const model::Application& application,
                                                                          const packs::PackLibrary& packs,
                                                                          const Clock& clock,
                                                                          KubernetesPlatformOptions options = {});
  ~KubernetesPlatform() override;

  [[nodiscard]] Result<engine::LiveState> read_live(Duration deadline_from_now) override;
  // Besides engine::Platform's errors kDenied: paused, kept by a Git tool, or the role does not allow it.
  [[nodiscard]] Result<engine::LiveState> apply(const engine::ApplyRequest& request,
                                                const std::function<void(const engine::Progress&)>& progress,
                                                std::stop_token stop, Duration deadline_from_now) override;

  // Who else writes the container's fields, and which tool keeps the workload: one line for people; empty: nobody.
  [[nodiscard]] Result<std::string> ownership();

 private:
  class Work;
  explicit KubernetesPlatform(std::unique_ptr<Work> work);
  std::unique_ptr<Work> work_;
  std::mutex change_mutex_;  // one change at a time
};

}  // namespace trimtab::platform
