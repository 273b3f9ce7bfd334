// A change of resources that needs no restart: pod by pod, through their subresource resize.
#include <algorithm>

#include "base/log.h"
#include "platform/kubernetes/change_work.h"
#include "platform/kubernetes/container_change.h"

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;
using MonotonicClock = std::chrono::steady_clock;

const Json* find_pod(const WorkloadReading& reading, const std::string& name) {
  for (const Json& pod : reading.pods) {
    if (field_text(pod, {"metadata", "name"}) == name) return &pod;
  }
  return nullptr;
}

// Until one pod has the resources in force. Left as it is on failure.
Result<void> resize_pod(ClusterAccess& access, const Change& change, const std::string& pod,
                        const std::string& container, const Json& resources) {
  const auto patched = access.resize(pod, container, resources, false);
  if (!patched) {
    // QoS classes, limits that cannot be taken away, old servers: the replicas have to be replaced.
    const Code code = patched.error().code;
    if (code == Code::kNotFound && !access.read()) return fail(patched.error());
    if (code == Code::kInvalidInput || code == Code::kNotFound || code == Code::kUnsupported) {
      return fail(unsupported(patched.error().message));
    }
    return patched;
  }
  std::string failure;
  const auto until = std::min(change.until, MonotonicClock::now() + access.settings().resize_timeout);
  const auto ended = look_until(access, change, until, [&](const WorkloadReading& now) -> Result<bool> {
    const Json* live = find_pod(now, pod);
    if (live == nullptr) return true;  // replaced meanwhile; its successor is looked at by the next reading
    const ResizeStatus status = resize_status(*live, container, resources);
    if (!status.failure.empty()) failure = status.failure;
    if (!status.failure.empty() && !status.waits) return fail(unsupported(status.failure));
    return status.done;
  });
  if (ended) return {};
  const Code code = ended.error().code;
  if (code == Code::kDeadlineExceeded || code == Code::kUnsupported) {
    return fail(unsupported("replica " + pod + ": " + (failure.empty() ? "the resize did not take effect" : failure)));
  }
  return fail(ended.error());
}

// Half a change would be two configurations.
void take_back(ClusterAccess& access, const WorkloadReading& reading, const Change& change,
               const std::vector<std::string>& pods) {
  const Json before = Json::parse(reading.state.pods_before, nullptr, false);
  for (const std::string& pod : pods) {
    const Json* seen = find_pod(reading, pod);
    const Json old = before.is_object() || seen == nullptr ? before : pod_resources(*seen, reading.container);
    const auto back = insist(access, change, [&]() -> Result<void> {
      auto resized = access.resize(pod, reading.container, old, false);
      if (!resized && resized.error().code == Code::kNotFound) return {};  // it is gone, and with it what it had
      return resized;
    });
    if (!back) log::warning("resize.not_taken_back", {{"pod", pod}, {"error", back.error().to_string()}});
  }
}

// Those that have it already, from a change that was cut short, first: the first of all is the canary.
std::vector<std::string> order(const WorkloadReading& reading, const Json& resources, std::size_t& begun) {
  std::vector<std::string> first;
  std::vector<std::string> others;
  for (const Json& pod : reading.pods) {
    const bool asked = asks_for(pod, reading.container, resources);
    (asked ? first : others).push_back(field_text(pod, {"metadata", "name"}));
  }
  begun = first.size();
  first.insert(first.end(), others.begin(), others.end());
  return first;
}

Result<void> resize_all(ClusterAccess& access, const WorkloadReading& reading, const Change& change,
                        const Json& resources, const std::vector<std::string>& pods, std::size_t begun,
                        std::vector<std::string>& touched) {
  const int total = static_cast<int>(pods.size());
  // More than one: it was watched before the change was cut short.
  const bool watch = begun < 2 && wants_canary(access, reading, change);
  for (const std::string& pod : pods) {
    touched.push_back(pod);
    TRY(resize_pod(access, change, pod, reading.container, resources));
    tell(change, "replica " + pod + ": changed in place", static_cast<int>(touched.size()), total);
    if (touched.size() > 1 || !watch) continue;
    TRY(watch_canary(access, reading, change,
                     [&](const Json& one) { return field_text(one, {"metadata", "name"}) == pod; }));
  }
  return {};
}

}  // namespace

Result<void> change_in_place(ClusterAccess& access, WorkloadReading& reading, const Change& change) {
  const Json* present = find_container(field(reading.workload, {"spec", "template", "spec"}), reading.container);
  const std::string& variable = access.settings().flags_variable;
  TRY_ASSIGN(const Json changed, changed_container(*present, change.target, access.stack(), variable));
  const Json resources = field(owned_fields(changed, *present, change.target, access.stack(), variable), {"resources"});
  std::size_t begun = 0;
  const std::vector<std::string> pods = order(reading, resources, begun);
  std::vector<std::string> touched(pods.begin(), pods.begin() + static_cast<std::ptrdiff_t>(begun));
  if (is_paused(reading.workload) && !change.request.roll_back) {
    take_back(access, reading, change, touched);
    return fail(switched_off(reading));
  }
  const bool restarts = std::any_of(reading.pods.begin(), reading.pods.end(), [&](const Json& pod) {
    return resize_restarts(*present, pod_resources(pod, reading.container), resources);
  });
  if (restarts) return fail(unsupported("its resizePolicy has the container started anew for it"));
  if (begun == 0) TRY(access.check_admission(reading, changed, true));
  touched.clear();
  const auto resized = resize_all(access, reading, change, resources, pods, begun, touched);
  if (!resized) {
    // Stopped, it goes on when it is asked for again. A way back is not taken back.
    if (resized.error().code != Code::kCancelled && !change.request.roll_back) {
      for (std::size_t i = touched.size(); i < begun; ++i)
        touched.push_back(pods[i]);
      take_back(access, reading, change, touched);
    }
    return resized;
  }
  TRY_ASSIGN(reading, access.read());
  ChangeState state = reading.state;
  state.live = resources.dump();
  return access.save_state(reading, state);
}

}  // namespace trimtab::platform
