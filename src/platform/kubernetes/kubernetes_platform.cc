#include "platform/kubernetes/kubernetes_platform.h"

#include <array>

#include "kubernetes/ownership.h"
#include "kubernetes/quantity.h"
#include "kubernetes/wait.h"
#include <unistd.h>

#include "base/log.h"
#include "platform/kubernetes/autoscaler_change.h"
#include "platform/kubernetes/change_work.h"
#include "platform/kubernetes/container_change.h"

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;
using MonotonicClock = std::chrono::steady_clock;

std::string this_process() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return std::string(host.data()) + "-" + std::to_string(::getpid());
}

std::optional<double> cpu_request(const model::Configuration& configuration) {
  for (const auto& [name, value] : configuration.entries()) {
    if (name.ends_with(".cpu_request") && value.is_number()) return value.number();
  }
  return std::nullopt;
}

// All of it is live, and nothing of a change is left over.
bool is_settled(const WorkloadReading& reading, const Change& change) {
  const bool shown = missing_values(reading.live.configuration, change.request.target).empty();
  return shown && reading.state.under_way.empty() && held_by(reading.workload).empty();
}

}  // namespace

class KubernetesPlatform::Work {
 public:
  Work(std::unique_ptr<ClusterAccess> access, model::Application application,
       std::unique_ptr<engine::MetricSource> metrics)
      : access_(std::move(access)), application_(std::move(application)), metrics_(std::move(metrics)) {}

  Result<engine::LiveState> look() {
    TRY_ASSIGN(const WorkloadReading reading, look_around());
    return reading.live;
  }

  // Pods that started from the template after a change in place.
  Result<engine::LiveState> look_and_mend() {
    TRY_ASSIGN(const WorkloadReading reading, look_around());
    const Json live = Json::parse(reading.state.live, nullptr, false);
    if (!live.is_object() || !reading.state.under_way.empty() || is_paused(reading.workload)) return reading.live;
    bool mended = false;
    for (const Json& pod : reading.pods) {
      const ResizeStatus status = resize_status(pod, reading.container, live);
      const Json* specified = find_container(field(pod, {"spec"}), reading.container);
      const bool asked = specified != nullptr && field(*specified, {"resources"}) == live;
      if (status.done || !status.failure.empty() || asked) continue;
      const std::string name = field_text(pod, {"metadata", "name"});
      const auto resized = access_->resize(name, reading.container, live, false);
      log::info("replica.given_live_values", {{"pod", name}, {"ok", resized.has_value()}});
      mended = mended || resized.has_value();
    }
    return mended ? look() : Result<engine::LiveState>(reading.live);
  }

  Result<engine::LiveState> apply(Change change) {
    CanaryWatch canary(application_, metrics_.get());
    if (!change.request.roll_back) change.canary = &canary;
    change.settle = application_.cadence.settle;
    change.target = access_->stack().part(change.request.target, false);
    change.scaling = access_->stack().part(change.request.target, true);
    TRY(access_->take_lease());
    auto result = apply_held(change);
    const auto released = access_->give_up_lease();
    if (!released) log::info("lease.not_released", {{"error", released.error().to_string()}});
    return result;
  }

  Result<std::string> ownership() {
    TRY_ASSIGN(const WorkloadReading reading, access_->read());
    std::string text = kubernetes::git_owner(reading.workload).text();
    for (const std::string& other :
         kubernetes::other_managers(reading.workload, "trimtab", {"resources", "env", "command", "args"})) {
      text += (text.empty() ? "written by " : ", ") + other;
    }
    return text;
  }

 private:
  // The workload and what goes on around it.
  Result<WorkloadReading> look_around() {
    TRY_ASSIGN(WorkloadReading reading, access_->read());
    reading.live.disturbance = access_->disturbance(reading);
    return reading;
  }

  // `goes_on`: what was begun may be taken back, or a way back be carried to its end, also when the switch was thrown.
  [[nodiscard]] Result<void> check_allowed(const WorkloadReading& reading, const Change& change, bool goes_on) const {
    if (is_paused(reading.workload) && !goes_on) return fail(switched_off(reading));
    if (field(reading.workload, {"spec", "paused"}) == true && held_by(reading.workload).empty()) {
      return fail(denied("rollouts of " + reading.name + " are paused (spec.paused)", "let them go on first"));
    }
    const kubernetes::GitOwner owner = kubernetes::git_owner(reading.workload);
    if (owner.reverts() && !access_->settings().change_git_managed) {
      return fail(denied(owner.text() + " keeps " + reading.name + " and would put its own values back",
                         "change it in its repository, or set platform.change_git_managed and let the tool ignore the "
                         "field manager trimtab"));
    }
    const std::string keeper = change.scaling.empty() ? std::string() : keeper_of(reading.scaler);
    if (keeper.empty() || (access_->settings().change_git_managed && !keeper.starts_with("ScaledObject"))) return {};
    return fail(denied(keeper + " keeps the autoscaler of " + reading.name + " and would put its own values back",
                       "change it there, or leave the parameters of the pack hpa out"));
  }

  // What a change goes back to, written before anything is touched.
  [[nodiscard]] ChangeState begun(const WorkloadReading& reading, const Change& change) const {
    ChangeState state = reading.state;
    state.under_way = change.request.decision;
    state.pods_before = state.live;
    if (state.live.empty() && !reading.pods.empty())
      state.pods_before = pod_resources(reading.pods.front(), reading.container).dump();
    const auto request = cpu_request(reading.live.configuration);
    state.request_before = request ? kubernetes::format_cpu(*request) : std::string();
    if (!change.scaling.empty()) {
      state.scaler_before = scaler_fields(reading.scaler).dump();
      state.scaler_mark = access_->stack().part(reading.live.configuration, true).fingerprint();
    }
    return state;
  }

  Result<engine::LiveState> apply_held(Change& change) {
    const engine::ApplyRequest& request = change.request;
    TRY_ASSIGN(WorkloadReading reading, access_->read());
    if (reading.state.completed == request.decision && reading.state.under_way.empty()) return reading.live;
    const bool goes_on = reading.state.under_way == request.decision;
    if (is_paused(reading.workload) && is_settled(reading, change)) return reading.live;  // there is nothing to change
    TRY(check_allowed(reading, change, goes_on));
    if (!goes_on && !request.expected_fingerprint.empty() &&
        reading.live.configuration.fingerprint() != request.expected_fingerprint) {
      return fail(conflict("the live configuration is no longer the one that the change was made for",
                           "look at it again: " + reading.live.configuration.to_string()));
    }
    const auto previous = goes_on ? std::nullopt : std::optional(reading.state);
    if (!goes_on) {
      if (!change.scaling.empty() && reading.state.scaler_mark == change.scaling.fingerprint())
        change.scaler_way_back = Json::parse(reading.state.scaler_before, nullptr, false);
      TRY(access_->save_state(reading, begun(reading, change)));
    }
    const auto changed = carry_out(reading, change);
    if (!changed && changed.error().code == Code::kCancelled) return fail(changed.error());  // goes on when asked again
    TRY(finish(change, changed.has_value(), previous));
    if (!changed) return fail(changed.error());
    return look();
  }

  // `previous`: as it was before the change; absent when the change was taken up again.
  Result<void> finish(const Change& change, bool changed, const std::optional<ChangeState>& previous) {
    TRY_ASSIGN(WorkloadReading reading, access_->read());
    if (changed) TRY(access_->release_rollout(reading.name));
    ChangeState state = reading.state;
    state.left = template_mark(reading.workload);
    state.under_way.clear();
    state.pods_before.clear();
    state.request_before.clear();
    if (changed) {
      state.completed = change.request.decision;
      state.changed_at = access_->now();
    } else if (previous) {
      // The way back of the change before this one is still what it was.
      state.before = previous->before;
      state.before_mark = previous->before_mark;
      state.before_decision = previous->before_decision;
      state.written = previous->written;
      state.scaler_before = previous->scaler_before;
      state.scaler_mark = previous->scaler_mark;
    }
    return access_->save_state(reading, state);
  }

  // Container and autoscaler as one decision.
  Result<void> carry_out(WorkloadReading& reading, const Change& change) {
    const bool halted = is_paused(reading.workload) && !change.request.roll_back;
    const WorkloadReading began = reading;
    if (!change.scaling.empty() && !halted) TRY(scale_before(*access_, began, change));
    auto changed = change_pods(reading, change);
    if (changed && !change.scaling.empty()) changed = scale_after(*access_, began, change);
    if (changed) changed = keep_scale_point(began, change);
    if (!changed && changed.error().code != Code::kCancelled && !change.request.roll_back && !change.scaling.empty())
      scale_back(*access_, began, change);
    return changed;
  }

  // A target that is no parameter follows the request.
  Result<void> keep_scale_point(const WorkloadReading& began, const Change& change) {
    const auto rendered = access_->stack().render(change.scaling);
    if (rendered && rendered->autoscaler.contains("cpu_target")) return {};
    const auto before = kubernetes::parse_quantity(began.state.request_before);
    return access_->keep_scale_point(began, before ? std::optional(*before) : std::nullopt,
                                     cpu_request(change.request.target));
  }

  Result<void> change_pods(WorkloadReading& reading, const Change& change) {
    std::vector<std::string> names;
    for (const engine::ReplicaState& replica : reading.live.replicas) {
      for (const std::string& name : missing_values(replica.configuration, change.target))
        names.push_back(name);
    }
    const Json* present = find_container(field(reading.workload, {"spec", "template", "spec"}), reading.container);
    const bool in_template = missing_values(read_container(*present, {}, access_->stack()), change.target).empty();
    const std::string held = held_by(reading.workload);
    // Held by a canary that was cut short, the template is not what the pods have: it must be written first.
    const bool in_place = !reading.pods.empty() && held.empty() && access_->stack().change_live(names) &&
                          template_decision(reading.workload) != change.request.decision;
    if (names.empty() && held.empty() && (in_template || !reading.state.live.empty())) return {};
    if (in_place) {
      const auto changed = change_in_place(*access_, reading, change);
      if (changed || changed.error().code != Code::kUnsupported) return changed;
      log::info("resize.impossible", {{"workload", reading.name}, {"reason", changed.error().message}});
      TRY_ASSIGN(reading, access_->read());
    }
    // The new template carries everything, so there is nothing left beyond it.
    ChangeState state = reading.state;
    const std::string beyond = state.live;
    state.live.clear();
    if (!beyond.empty()) TRY(access_->save_state(reading, state));
    const auto rolled = change_by_rollout(*access_, reading, change);
    if (rolled || beyond.empty() || access_->lost_lease()) return rolled;
    TRY_ASSIGN(reading, access_->read());
    state = reading.state;
    state.live = beyond;
    TRY(access_->save_state(reading, state));
    return rolled;
  }

  const std::unique_ptr<ClusterAccess> access_;
  const model::Application application_;
  const std::unique_ptr<engine::MetricSource> metrics_;
};

Result<std::unique_ptr<KubernetesPlatform>> KubernetesPlatform::create(const model::Application& application,
                                                                       const packs::PackLibrary& packs,
                                                                       const Clock& clock,
                                                                       KubernetesPlatformOptions options) {
  TRY_ASSIGN(KubernetesSettings settings, read_kubernetes_settings(application));
  TRY_ASSIGN(Stack stack, Stack::create(application, packs));
  TRY_ASSIGN(kubernetes::Access access, kubernetes::load_access(kubernetes::access_options_from_environment(
                                            settings.kubeconfig, settings.context)));
  if (settings.space.empty()) settings.space = access.default_namespace;
  kubernetes::ClientOptions client_options;
  client_options.on_warning = [](const std::string& text) { log::warning("kubernetes.warning", {{"text", text}}); };
  auto client = std::make_unique<kubernetes::Client>(std::move(access), clock, std::move(client_options));
  if (options.holder.empty()) options.holder = this_process();
  if (!options.pause) options.pause = kubernetes::wait_for;
  auto cluster = std::make_unique<ClusterAccess>(std::move(settings), std::move(stack), std::move(client), clock,
                                                 application.name, std::move(options.holder), std::move(options.pause));
  return std::unique_ptr<KubernetesPlatform>(
      new KubernetesPlatform(std::make_unique<Work>(std::move(cluster), application, std::move(options.metrics))));
}

KubernetesPlatform::KubernetesPlatform(std::unique_ptr<Work> work) : work_(std::move(work)) {}

KubernetesPlatform::~KubernetesPlatform() = default;

Result<engine::LiveState> KubernetesPlatform::read_live(Duration) {
  return work_->look_and_mend();
}

Result<engine::LiveState> KubernetesPlatform::apply(const engine::ApplyRequest& request,
                                                    const std::function<void(const engine::Progress&)>& progress,
                                                    std::stop_token stop, Duration deadline_from_now) {
  const std::lock_guard lock(change_mutex_);
  return work_->apply(
      Change{request, progress, std::move(stop), MonotonicClock::now() + deadline_from_now, {}, {}, {}, nullptr, {}});
}

Result<std::string> KubernetesPlatform::ownership() {
  return work_->ownership();
}

}  // namespace trimtab::platform
