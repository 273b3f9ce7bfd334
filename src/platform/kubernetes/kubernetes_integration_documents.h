// The workload and the Application document of tests of KubernetesPlatform on a real API server. Tests only.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace trimtab::platform {

using Json = nlohmann::json;

// Two replicas of a shell that takes its variable as a JVM would; with 48 MiB of heap it ends at once.
inline Json workload(const std::string& kind, const std::string& space) {
  Json made = Json::parse(R"({"apiVersion": "apps/v1", "metadata": {"name": "cart", "labels": {"app": "cart"}},
    "spec": {"replicas": 2, "minReadySeconds": 2, "selector": {"matchLabels": {"app": "cart"}},
      "template": {"metadata": {"labels": {"app": "cart"}},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [{"name": "cart", "image": "localhost/busybox:1",
          "imagePullPolicy": "Never", "command": ["/bin/sh", "-c", "test \"$JAVA_TOOL_OPTIONS\" != \"-Xmx48m\" || exit 3; trap 'exit 0' TERM; while true; do sleep 1; done"],
          "env": [{"name": "JAVA_TOOL_OPTIONS", "value": "-Xmx64m"}],
          "resources": {"limits": {"cpu": "200m", "memory": "128Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}}}]}}}})");
  made["kind"] = kind;
  made["metadata"]["namespace"] = space;
  if (kind == "Deployment") made["spec"]["strategy"] = {{"rollingUpdate", {{"maxUnavailable", 0}, {"maxSurge", 1}}}};
  if (kind == "StatefulSet") made["spec"]["serviceName"] = "cart";
  return made;
}

constexpr const char* kDocument = R"(apiVersion: trimtab.dev/v1
kind: Application
name: cart
components:
  - {name: container, pack: container, labels: {container: cart}}
  - {name: jvm, pack: jvm, labels: {container: cart}}
  - {name: web, pack: spring_web, labels: {container: cart}}
platform: {kind: kubernetes, kubeconfig: "@KUBECONFIG@", namespace: @SPACE@, @MORE@, rollout_timeout: 90s, resize_timeout: 20s}
prometheus: {url: "http://127.0.0.1:9"}
load: web.arrivals
parameters:
  - {name: container.cpu_limit, min: 0.05, max: 1}
  - {name: container.cpu_request, min: 0.01, max: 1}
  - {name: container.memory_limit, min: 64, max: 256}
  - {name: jvm.heap, min: 32, max: 256}
goal: {minimize: container.cpu_limit}
slos:
  - web.p95 <= 250 ms
cadence: {window: 10s, step: 2s, guard_every: 5s, settle: 5s}
prices: {currency: EUR, cpu_core_month: 18, memory_gib_month: 2.5}
)";

}  // namespace trimtab::platform
