// The steps of a change against the API server. Internal to the room.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "kubernetes/client.h"
#include "kubernetes/lease.h"
#include <nlohmann/json.hpp>

#include "engine/platform.h"
#include "platform/kubernetes/canary.h"
#include "platform/kubernetes/kubernetes_settings.h"
#include "platform/kubernetes/workload_view.h"
#include "platform/local/stack.h"

namespace trimtab::platform {

// A workload as it was read: everything that is decided rests on one reading.
struct WorkloadReading {
  nlohmann::json workload;
  std::vector<nlohmann::json> pods;   // not those that end
  std::vector<nlohmann::json> ended;  // that failed and are still listed
  std::string name;
  std::string container;  // its name
  nlohmann::json scaler;  // the HorizontalPodAutoscaler, when its settings are parameters; else null
  ChangeState state;
  engine::LiveState live;
};

class ClusterAccess {
 public:
  ClusterAccess(KubernetesSettings settings, Stack stack, std::unique_ptr<kubernetes::Client> client,
                const Clock& clock, std::string application, std::string holder,
                std::function<bool(Duration, const std::stop_token&)> pause);

  [[nodiscard]] Result<WorkloadReading> read();
  // Writes the workload's annotation, only if the annotation and the template are as they were read (kConflict
  // otherwise).
  [[nodiscard]] Result<void> save_state(WorkloadReading& reading, const ChangeState& state);
  [[nodiscard]] std::string workload_path(const std::string& name) const;
  [[nodiscard]] Result<void> resize(const std::string& pod, const std::string& container,
                                    const nlohmann::json& resources, bool dry_run);
  // Server-side apply of the template's container; takes over what other managers own of it. `decision` marks the
  // template; empty: the mark is taken away.
  [[nodiscard]] Result<void> apply_template(const WorkloadReading& reading, const nlohmann::json& owned,
                                            const std::string& decision, bool dry_run);
  // Server-side apply of fields of the autoscaler's spec; takes over what other managers own of them.
  [[nodiscard]] Result<void> apply_scaler(const WorkloadReading& reading, const nlohmann::json& fields, bool dry_run);
  // Writes fields that are to be exactly so, also those that are not written at all (null).
  [[nodiscard]] Result<void> restore_scaler(const WorkloadReading& reading, const nlohmann::json& fields);
  // Keeps the CPU use at which an autoscaler in shares of the request scales (target' = target * r / r').
  [[nodiscard]] Result<void> keep_scale_point(const WorkloadReading& reading, std::optional<double> request_before,
                                              std::optional<double> request_after);
  // Holds a Deployment's rollout where it is, or lets it go on; `decision` marks the hold as Trimtab's.
  [[nodiscard]] Result<void> hold_rollout(const std::string& name, const std::string& decision);
  [[nodiscard]] Result<void> release_rollout(const std::string& name);
  // LimitRanges and quotas of the namespace: whether the pods fit as they would be.
  [[nodiscard]] Result<void> check_admission(const WorkloadReading& reading, const nlohmann::json& changed,
                                             bool in_place);
  // What goes on around the workload (platform/kubernetes/disturbance.h); empty when it is calm. Nodes are looked at as
  // far as the role allows.
  [[nodiscard]] std::string disturbance(const WorkloadReading& reading);
  // PodDisruptionBudgets of the namespace: whether a rollout takes no more ready pods away than they allow.
  [[nodiscard]] Result<void> check_disruption(const WorkloadReading& reading);
  // Takes the lease, renews it when it is time to, gives it up. Once another Trimtab has it nothing more may be
  // written: keep_lease() answers kCancelled then, and lost_lease() true.
  [[nodiscard]] Result<void> take_lease();
  [[nodiscard]] Result<void> keep_lease();
  [[nodiscard]] Result<void> give_up_lease() { return lease_.release(); }
  [[nodiscard]] bool lost_lease() const { return lost_lease_; }
  [[nodiscard]] const KubernetesSettings& settings() const { return settings_; }
  [[nodiscard]] const Stack& stack() const { return stack_; }
  [[nodiscard]] Instant now() const { return clock_.now(); }
  [[nodiscard]] bool pause(Duration time, const std::stop_token& stop) const { return pause_(time, stop); }

 private:
  [[nodiscard]] Result<void> move_target(const WorkloadReading& reading, std::optional<double> request_before,
                                         std::optional<double> request_after);
  [[nodiscard]] Result<nlohmann::json> find_workload();
  [[nodiscard]] Result<std::vector<nlohmann::json>> scalers_of(const std::string& workload);
  [[nodiscard]] Result<void> read_scaler(WorkloadReading& reading);
  KubernetesSettings settings_;
  Stack stack_;
  std::unique_ptr<kubernetes::Client> client_;
  const Clock& clock_;
  kubernetes::Lease lease_;
  [[nodiscard]] std::string trouble_of_nodes(const WorkloadReading& reading);
  std::chrono::steady_clock::time_point renewed_;
  std::map<std::string, std::string> nodes_;  // of the workload's pods -> trouble, as last seen
  std::string last_node_;                     // looked at; the next look goes on behind it
  std::optional<Instant> nodes_denied_at_;
  bool lost_lease_ = false;
  std::function<bool(Duration, const std::stop_token&)> pause_;
};

using Report = std::function<void(const engine::Progress&)>;

// One change, from its plan to its end.
struct Change {
  const engine::ApplyRequest& request;
  const Report& report;
  std::stop_token stop;
  std::chrono::steady_clock::time_point until;
  model::Configuration target;     // the part of the request's that the pods carry
  model::Configuration scaling;    // the part that the autoscaler carries
  nlohmann::json scaler_way_back;  // its fields as they stood when that is where the change goes; else null
  CanaryWatch* canary = nullptr;   // null: all replicas at once, a way back is not tried on one first
  Duration settle{};               // of a replica, before it is compared
};

using Steady = std::chrono::steady_clock::time_point;
// Looks again and again, renewing the lease, until `done` says so. Breaks of the connection are waited out. kDenied:
// the kill switch was thrown meanwhile (a way back is carried to its end all the same). kCancelled: stopped, or the
// lease is lost.
[[nodiscard]] Result<WorkloadReading> look_until(ClusterAccess& access, const Change& change, Steady until,
                                                 const std::function<Result<bool>(const WorkloadReading&)>& done,
                                                 Duration every = std::chrono::seconds(1));
// A write of the way back: breaks of the connection are waited out, unless the change was stopped.
[[nodiscard]] Result<void> insist(ClusterAccess& access, const Change& change,
                                  const std::function<Result<void>()>& write);
[[nodiscard]] Error switched_off(const WorkloadReading& reading);  // by the kill switch
void tell(const Change& change, std::string step, int done, int total);

// Whether a change of this workload is tried on one replica first.
[[nodiscard]] bool wants_canary(const ClusterAccess& access, const WorkloadReading& reading, const Change& change);
// Watches the pods that `is_canary` picks beside the others for the time that the settings say. kUnavailable: they are
// worse, or in trouble.
[[nodiscard]] Result<void> watch_canary(ClusterAccess& access, const WorkloadReading& reading, const Change& change,
                                        const std::function<bool(const nlohmann::json& pod)>& is_canary);
// A rollout of the template that was applied: holds it at its first replica, watches that, lets it go on.
[[nodiscard]] Result<void> roll_canary(ClusterAccess& access, const WorkloadReading& reading, const Change& change,
                                       Steady until);

// kConflict: the template is no longer the one that the change applied.
[[nodiscard]] Result<void> check_template(ClusterAccess& access, const WorkloadReading& now, const Change& change);

// Both go on where they were when they are asked for again, and leave nothing changed when they fail, unless they were
// a way back themselves; when the kill switch is thrown they only take back what was begun. kUnsupported: not possible
// in place here; nothing is left changed then.
[[nodiscard]] Result<void> change_in_place(ClusterAccess& access, WorkloadReading& reading, const Change& change);
// kConflict: somebody wrote another template meanwhile, which is left as it is.
[[nodiscard]] Result<void> change_by_rollout(ClusterAccess& access, WorkloadReading& reading, const Change& change);

// The autoscaler's part of a decision: what keeps more replicas before the pods change, the rest afterwards.
[[nodiscard]] Result<void> scale_before(ClusterAccess& access, const WorkloadReading& reading, const Change& change);
[[nodiscard]] Result<void> scale_after(ClusterAccess& access, const WorkloadReading& reading, const Change& change);
// The settings as they were when the change began.
void scale_back(ClusterAccess& access, const WorkloadReading& reading, const Change& change);

}  // namespace trimtab::platform
