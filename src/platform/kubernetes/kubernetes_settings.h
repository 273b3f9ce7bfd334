// The block `platform: {kind: kubernetes, ...}` of an Application document. Described in docs/guide/kubernetes.md.
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "model/application.h"

namespace trimtab::platform {

struct KubernetesSettings {
  std::string kubeconfig;  // file; empty: $KUBECONFIG, ~/.kube/config or the pod's service account
  std::string context;
  std::string space;      // namespace; empty: the context's
  std::string kind;       // "Deployment" or "StatefulSet"
  std::string workload;   // its name; empty: the one that `selector` finds
  std::string selector;   // labels: "app=shop"
  std::string container;  // empty: the only one
  // Where a runtime's flags go that stand on no command line: "JAVA_TOOL_OPTIONS".
  std::string flags_variable;
  // What to do with a HorizontalPodAutoscaler that counts in shares of the CPU request when the request changes:
  // true: its target is changed with it, so that it scales at the same use as before.
  bool keep_scale_point = true;
  // Change what Argo CD or Flux keeps. Off: such a change is refused, because it would be put back.
  bool change_git_managed = false;
  // How long one replica has the new values beside the others, after the application's time to settle, before the
  // others get them; zero: none is tried first.
  Duration canary{};
  Duration rollout_timeout{};
  Duration resize_timeout{};  // of one pod, in place; then the replicas are replaced instead
};

// kInvalidInput with position and field when the block is wrong.
[[nodiscard]] Result<KubernetesSettings> read_kubernetes_settings(const model::Application& application);

}  // namespace trimtab::platform
