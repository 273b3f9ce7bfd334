#include "platform/kubernetes/kubernetes_settings.h"

#include <chrono>

#include "yaml/reader.h"

namespace trimtab::platform {
namespace {

constexpr Duration kLongestCanary = std::chrono::minutes(5);

}  // namespace

Result<KubernetesSettings> read_kubernetes_settings(const model::Application& application) {
  yaml::Faults faults;
  yaml::MappingReader reader(application.platform.root, "platform", faults);
  KubernetesSettings settings;
  reader.choice("kind", {"kubernetes"});
  settings.kubeconfig = reader.text("kubeconfig", "");
  settings.context = reader.text("context", "");
  settings.space = reader.text("namespace", "");
  settings.kind = reader.choice("workload_kind", {"Deployment", "StatefulSet"}, "Deployment");
  settings.workload = reader.text("workload", "");
  settings.selector = reader.text("selector", "");
  if (settings.workload.empty() == settings.selector.empty()) {
    reader.fault("workload", "either a workload or a selector is needed",
                 "workload: NAME, or selector: app=NAME when its name is not known");
  }
  settings.container = reader.text("container", "");
  settings.flags_variable = reader.text("flags_variable", "JAVA_TOOL_OPTIONS");
  settings.keep_scale_point = reader.boolean("keep_scale_point", true);
  settings.change_git_managed = reader.boolean("change_git_managed", false);
  settings.canary = reader.duration("canary", Duration(0));
  if (settings.canary > kLongestCanary) {
    reader.fault("canary", "a canary is watched for 5m at most", "a change has to end within a quarter of an hour");
  }
  if (settings.canary > Duration(0) && settings.kind != "Deployment") {
    reader.fault("canary", "a canary needs a Deployment, whose rollout can be held", "leave it out");
  }
  settings.rollout_timeout = reader.duration("rollout_timeout", std::chrono::minutes(10));
  settings.resize_timeout = reader.duration("resize_timeout", std::chrono::seconds(60));
  reader.finish();
  TRY(faults.result());
  return settings;
}

}  // namespace trimtab::platform
