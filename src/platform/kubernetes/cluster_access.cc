#include <algorithm>

#include "base/log.h"
#include "platform/kubernetes/admission_check.h"
#include "platform/kubernetes/autoscaler_change.h"
#include "platform/kubernetes/change_work.h"
#include "platform/kubernetes/container_change.h"
#include "platform/kubernetes/disruption_budget.h"
#include "platform/kubernetes/disturbance.h"

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;

constexpr int kStateTries = 8;  // against controllers that write the status meanwhile
constexpr const char* kManager = "trimtab";
constexpr std::size_t kLongestName = 253;  // of an object of Kubernetes
// How long a node keeps saying that it is under pressure after it was (--eviction-pressure-transition-period): so long
// after an eviction it is not over.
constexpr Duration kEvictionLasts = std::chrono::minutes(5);
// A look comes every few seconds, and an answer of a node is about 10 kB: the API server's cache is good enough.
constexpr std::size_t kNodesPerLook = 4;
constexpr const char* kFromCache = "?resourceVersion=0";
constexpr Duration kAskAgainAfter = std::chrono::minutes(10);  // for what the role did not allow
constexpr Duration kRenewEvery = std::chrono::seconds(2);      // the lease lasts 15 s

std::string selector_text(const Json& workload) {
  std::string text;
  for (const auto& [key, value] : field(workload, {"spec", "selector", "matchLabels"}).items()) {
    if (value.is_string()) text += (text.empty() ? "" : ",") + key + "=" + value.get<std::string>();
  }
  return text;
}

// A pod of this workload: its controller is it, or a ReplicaSet of it.
bool belongs(const Json& pod, const std::string& kind, const std::string& name) {
  for (const Json& owner : field(pod, {"metadata", "ownerReferences"})) {
    const std::string owner_kind = field_text(owner, {"kind"});
    const std::string owner_name = field_text(owner, {"name"});
    if (owner_kind == kind && owner_name == name) return true;
    if (kind != "Deployment" || owner_kind != "ReplicaSet") continue;
    // DEPLOYMENT-HASH, the Deployment's name cut where both would be too long.
    const std::string base = owner_name.substr(0, owner_name.rfind('-'));
    if (base == name || (owner_name.size() == kLongestName && name.starts_with(base))) return true;
  }
  return false;
}

void add_trouble(std::string& trouble, const std::string& more) {
  if (!more.empty()) trouble += (trouble.empty() ? "" : "; ") + more;
}

bool all_have(const std::vector<engine::ReplicaState>& replicas, const std::string& name, const model::Value& value) {
  return std::all_of(replicas.begin(), replicas.end(), [&](const engine::ReplicaState& replica) {
    const model::Value* found = replica.configuration.find(name);
    return !replica.ready || (found != nullptr && same_value(*found, value));
  });
}

// `scaling`: what the autoscaler shows.
void judge(WorkloadReading& reading, const model::Configuration& scaling) {
  engine::LiveState& live = reading.live;
  const auto first = std::find_if(live.replicas.begin(), live.replicas.end(), [](const auto& r) { return r.ready; });
  bool alike = true;
  int ready = 0;
  for (const engine::ReplicaState& replica : live.replicas) {
    ready += replica.ready ? 1 : 0;
    if (!replica.trouble.empty()) add_trouble(live.trouble, replica.name + ": " + replica.trouble);
    if (replica.ready && replica.configuration.size() != first->configuration.size()) alike = false;
  }
  if (first != live.replicas.end()) {
    for (const auto& [name, value] : first->configuration.entries()) {
      if (all_have(live.replicas, name, value)) {
        live.configuration.set(name, value);
      } else {
        alike = false;
      }
    }
  }
  for (const auto& [name, value] : scaling.entries())
    live.configuration.set(name, value);
  const int wanted = field_int(reading.workload, {"spec", "replicas"}, 1);
  if (!alike) add_trouble(live.trouble, "the replicas run with different values");
  if (ready < wanted)
    add_trouble(live.trouble, std::to_string(ready) + " of " + std::to_string(wanted) + " replicas are ready");
  live.fingerprint = live.configuration.fingerprint() + (alike ? "" : "+");
  live.healthy = ready >= wanted && wanted > 0 && alike && reading.state.under_way.empty();
}

}  // namespace

ClusterAccess::ClusterAccess(KubernetesSettings settings, Stack stack, std::unique_ptr<kubernetes::Client> client,
                             const Clock& clock, std::string application, std::string holder,
                             std::function<bool(Duration, const std::stop_token&)> pause)
    : settings_(std::move(settings)),
      stack_(std::move(stack)),
      client_(std::move(client)),
      clock_(clock),
      lease_(*client_, clock_, settings_.space, "trimtab-" + application, std::move(holder)),
      pause_(std::move(pause)) {}

std::string ClusterAccess::workload_path(const std::string& name) const {
  return kubernetes::resource("apps/v1", settings_.space,
                              settings_.kind == "Deployment" ? "deployments" : "statefulsets", name);
}

Result<Json> ClusterAccess::find_workload() {
  if (!settings_.workload.empty()) return client_->get(workload_path(settings_.workload));
  std::vector<Json> found;
  kubernetes::ListOptions options;
  options.label_selector = settings_.selector;
  TRY(client_->list(workload_path(""), options, [&](const Json& item) { found.push_back(item); }));
  if (found.size() == 1) return found.front();
  return fail(not_found(std::to_string(found.size()) + " workloads of kind " + settings_.kind + " in " +
                            settings_.space + " have the labels " + settings_.selector,
                        "exactly one is needed: name it as platform.workload"));
}

Result<WorkloadReading> ClusterAccess::read() {
  WorkloadReading reading;
  TRY_ASSIGN(reading.workload, find_workload());
  reading.workload["kind"] = settings_.kind;  // items of lists carry none
  reading.name = field_text(reading.workload, {"metadata", "name"});
  const Json* container = find_container(field(reading.workload, {"spec", "template", "spec"}), settings_.container);
  if (container == nullptr) {
    return fail(invalid_input(settings_.kind + " " + reading.name + " has no container \"" + settings_.container + "\"",
                              "platform.container", "name one of its containers"));
  }
  reading.container = field_text(*container, {"name"});
  reading.state = read_state(reading.workload);
  kubernetes::ListOptions options;
  options.label_selector = selector_text(reading.workload);
  TRY(client_->list(kubernetes::resource("v1", settings_.space, "pods"), options, [&](const Json& pod) {
    const std::string phase = field_text(pod, {"status", "phase"});
    const bool ends =
        !field(pod, {"metadata", "deletionTimestamp"}).is_null() || phase == "Failed" || phase == "Succeeded";
    if (!belongs(pod, settings_.kind, reading.name)) return;
    if (!ends) reading.pods.push_back(pod);
    if (phase == "Failed") reading.ended.push_back(pod);
  }));
  reading.live.at = clock_.now();
  reading.live.decision = reading.state.completed;
  for (const Json& pod : reading.pods)
    reading.live.replicas.push_back(read_replica(pod, reading.container, stack_, reading.state.changed_at));
  reading.live.release = release_of(reading.pods, reading.container);
  TRY(read_scaler(reading));
  model::Configuration scaling;
  if (reading.scaler.is_object()) {
    std::map<std::string, double> shown;
    for (const auto& [name, value] : read_autoscaler(reading.scaler))
      shown["autoscaler." + name] = value;
    scaling = stack_.part(stack_.recognise({}, {}, shown), true);
  }
  judge(reading, scaling);
  return reading;
}

Result<void> ClusterAccess::save_state(WorkloadReading& reading, const ChangeState& state) {
  const Json seen = reading.workload;
  for (int tries = 1;; ++tries) {
    const Json body{{"metadata",
                     {{"resourceVersion", field_text(reading.workload, {"metadata", "resourceVersion"})},
                      {"annotations", {{kStateAnnotation, write_state(state)}}}}}};
    auto patched = client_->patch(workload_path(reading.name), kubernetes::PatchKind::kMerge, body);
    if (patched) {
      reading.workload = std::move(*patched);
      reading.state = state;
      return {};
    }
    if (patched.error().code != Code::kConflict || tries >= kStateTries) return fail(patched.error());
    // Controllers write the status all the time; only what the decision rests on must be as it was.
    TRY_ASSIGN(reading.workload, client_->get(workload_path(reading.name)));
    const bool same = field(reading.workload, {"spec", "template"}) == field(seen, {"spec", "template"}) &&
                      field(reading.workload, {"metadata", "annotations", kStateAnnotation}) ==
                          field(seen, {"metadata", "annotations", kStateAnnotation});
    if (!same) return fail(patched.error());
  }
}

Result<void> ClusterAccess::resize(const std::string& pod, const std::string& container, const Json& resources,
                                   bool dry_run) {
  const Json body{{"spec", {{"containers", Json::array({{{"name", container}, {"resources", resources}}})}}}};
  kubernetes::WriteOptions options;
  options.dry_run = dry_run;
  TRY(client_->patch(kubernetes::resource("v1", settings_.space, "pods", pod, "resize"),
                     kubernetes::PatchKind::kStrategic, body, options));
  return {};
}

Result<void> ClusterAccess::apply_template(const WorkloadReading& reading, const Json& owned,
                                           const std::string& decision, bool dry_run) {
  Json body{{"apiVersion", "apps/v1"},
            {"kind", settings_.kind},
            {"metadata", {{"name", reading.name}, {"namespace", settings_.space}}},
            {"spec", {{"template", {{"spec", {{"containers", Json::array({owned})}}}}}}}};
  if (!decision.empty()) body["spec"]["template"]["metadata"]["annotations"][kDecisionAnnotation] = decision;
  kubernetes::WriteOptions options;
  options.field_manager = kManager;
  options.force = true;  // whoever else wrote these fields is named in the log before
  options.dry_run = dry_run;
  TRY(client_->patch(workload_path(reading.name), kubernetes::PatchKind::kApply, body, options));
  return {};
}

Result<void> ClusterAccess::take_lease() {
  TRY(lease_.hold());
  lost_lease_ = false;
  renewed_ = std::chrono::steady_clock::now();
  return {};
}

Result<void> ClusterAccess::keep_lease() {
  const auto now = std::chrono::steady_clock::now();
  if (now - renewed_ < kRenewEvery) return {};
  const auto held = lease_.hold();
  if (held) {
    renewed_ = now;
    return {};
  }
  if (held.error().code != Code::kConflict) return held;
  lost_lease_ = true;
  return fail(Error{Code::kCancelled, "the lease was lost: " + held.error().message, {}, {}, {}});
}

Result<void> ClusterAccess::hold_rollout(const std::string& name, const std::string& decision) {
  const Json body{{"metadata", {{"annotations", {{kCanaryAnnotation, decision}}}}}, {"spec", {{"paused", true}}}};
  TRY(client_->patch(workload_path(name), kubernetes::PatchKind::kMerge, body));
  return {};
}

Result<void> ClusterAccess::release_rollout(const std::string& name) {
  TRY_ASSIGN(const Json workload, client_->get(workload_path(name)));
  if (held_by(workload).empty()) return {};
  const Json body{{"metadata", {{"annotations", {{kCanaryAnnotation, nullptr}}}}}, {"spec", {{"paused", nullptr}}}};
  TRY(client_->patch(workload_path(name), kubernetes::PatchKind::kMerge, body));
  return {};
}

Result<void> ClusterAccess::check_admission(const WorkloadReading& reading, const Json& changed, bool in_place) {
  Json after = field(reading.workload, {"spec", "template", "spec"});
  for (Json& container : after["containers"]) {
    if (field_text(container, {"name"}) == reading.container) container = changed;
  }
  std::vector<Json> limit_ranges;
  std::vector<Json> quotas;
  TRY(client_->list(kubernetes::resource("v1", settings_.space, "limitranges"), {},
                    [&](const Json& item) { limit_ranges.push_back(item); }));
  TRY(client_->list(kubernetes::resource("v1", settings_.space, "resourcequotas"), {},
                    [&](const Json& item) { quotas.push_back(item); }));
  TRY(check_limit_ranges(limit_ranges, after));
  // What the pods have beyond the template counts as theirs.
  Json now = reading.workload;
  const Json live = Json::parse(reading.state.live, nullptr, false);
  for (Json& container : now["spec"]["template"]["spec"]["containers"]) {
    if (live.is_object() && field_text(container, {"name"}) == reading.container) container["resources"] = live;
  }
  return check_quotas(quotas, now, after, in_place);
}

std::string ClusterAccess::disturbance(const WorkloadReading& reading) {
  std::string text = trouble_of_nodes(reading);
  add_trouble(text, eviction(reading.pods, reading.ended, clock_.now() - kEvictionLasts));
  add_trouble(text, rollout_of_others(reading.workload, reading.state));
  return text;
}

// A few nodes at each look, in turn.
std::string ClusterAccess::trouble_of_nodes(const WorkloadReading& reading) {
  if (nodes_denied_at_ && clock_.now() < *nodes_denied_at_ + kAskAgainAfter) return {};
  std::map<std::string, std::string> seen;
  for (const Json& pod : reading.pods) {
    const std::string name = field_text(pod, {"spec", "nodeName"});
    if (!name.empty()) seen[name] = nodes_.contains(name) ? nodes_[name] : std::string();
  }
  auto at = seen.upper_bound(last_node_);
  for (std::size_t looked = 0; looked < std::min(seen.size(), kNodesPerLook); ++looked, ++at) {
    if (at == seen.end()) at = seen.begin();
    last_node_ = at->first;
    const auto node = client_->get(kubernetes::resource("v1", "", "nodes", at->first) + kFromCache);
    if (node) {
      at->second = node_trouble(*node);
    } else if (node.error().code == Code::kNotFound) {
      at->second = "node " + at->first + " is gone";
    } else if (node.error().code == Code::kDenied) {
      log::info("nodes.not_readable", {{"error", node.error().to_string()}});
      nodes_denied_at_ = clock_.now();
      nodes_.clear();
      return {};
    }
  }
  nodes_ = std::move(seen);
  std::string text;
  for (const auto& [name, trouble] : nodes_)
    add_trouble(text, trouble);
  return text;
}

Result<void> ClusterAccess::check_disruption(const WorkloadReading& reading) {
  std::vector<Json> budgets;
  TRY(client_->list(kubernetes::resource("policy/v1", settings_.space, "poddisruptionbudgets"), {},
                    [&](const Json& item) { budgets.push_back(item); }));
  return check_disruption_budgets(budgets, reading.workload);
}

}  // namespace trimtab::platform
