#include "platform/kubernetes/admission_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "kubernetes/quantity.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/kubernetes/workload_view.h"

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;

constexpr std::array<const char*, 2> kResources{"cpu", "memory"};
constexpr double kRounding = 1e-6;  // relative: sums of quantities

std::optional<double> quantity(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto parsed = kubernetes::parse_quantity(value.get_ref<const std::string&>());
  return parsed ? std::optional(*parsed) : std::nullopt;
}

// A request that is left out is the limit.
std::optional<double> amount(const Json& container, const char* group, const char* resource) {
  const auto own = quantity(field(container, {"resources", group, resource}));
  if (own || group != std::string_view("requests")) return own;
  return quantity(field(container, {"resources", "limits", resource}));
}

double pod_sum(const Json& pod_spec, const char* group, const char* resource) {
  double sum = 0;
  for (const Json& container : field(pod_spec, {"containers"}))
    sum += amount(container, group, resource).value_or(0);
  return sum;
}

std::string shown(const char* resource, double value) {
  return resource == std::string_view("cpu") ? kubernetes::format_cpu(value) : kubernetes::format_memory(value);
}

std::string name_of(const Json& object) {
  return field_text(object, {"metadata", "namespace"}) + "/" + field_text(object, {"metadata", "name"});
}

struct Sized {
  std::string what;  // "container cart", "the pod"
  std::optional<double> request;
  std::optional<double> limit;
};

Result<void> check_item(const Json& item, const std::string& range, const char* resource, const Sized& sized) {
  const auto refuse = [&](const char* group, double value, const char* bound, double bounded) {
    return fail(invalid_input(fmt::format("the {} {} of {} would be {}, the LimitRange {} has {} {}", resource, group,
                                          sized.what, shown(resource, value), range, bound, shown(resource, bounded)),
                              {}, "choose a value within it, or change the LimitRange"));
  };
  const auto max = quantity(field(item, {"max", resource}));
  const auto min = quantity(field(item, {"min", resource}));
  if (max && sized.limit && *sized.limit > *max * (1 + kRounding)) return refuse("limit", *sized.limit, "max", *max);
  if (max && sized.request && *sized.request > *max * (1 + kRounding))
    return refuse("request", *sized.request, "max", *max);
  if (min && sized.request && *sized.request < *min * (1 - kRounding))
    return refuse("request", *sized.request, "min", *min);
  const auto ratio = quantity(field(item, {"maxLimitRequestRatio", resource}));
  if (ratio && sized.limit && sized.request && *sized.request > 0 &&
      *sized.limit / *sized.request > *ratio * (1 + kRounding)) {
    return fail(invalid_input(
        fmt::format("the {} limit of {} would be {:.3g} times its request, the LimitRange {} allows {:.3g} times",
                    resource, sized.what, *sized.limit / *sized.request, range, *ratio)));
  }
  return {};
}

// How many pods of the new spec may run beside the old ones.
int surge(const Json& workload, int replicas) {
  if (field_text(workload, {"kind"}) != "Deployment") return 0;
  if (field_text(workload, {"spec", "strategy", "type"}) == "Recreate") return 0;
  const Json& value = field(workload, {"spec", "strategy", "rollingUpdate", "maxSurge"});
  if (value.is_number_integer()) return value.get<int>();
  int percent = 25;  // Kubernetes' default
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    std::from_chars(text.data(), text.data() + text.size(), percent);
  }
  return static_cast<int>(std::ceil(replicas * percent / 100.0));
}

Result<void> check_quota(const Json& quota, const std::string& name, double needed, const char* resource) {
  const auto hard = quantity(field(quota, {"status", "hard", name.c_str()}));
  const auto used = quantity(field(quota, {"status", "used", name.c_str()}));
  if (!hard || !used || needed <= 0 || *used + needed <= *hard * (1 + kRounding)) return {};
  const double left = std::max(0.0, *hard - *used);
  const bool counted = resource == nullptr;  // pods
  return fail(invalid_input(fmt::format("the quota {} leaves {} of {}, the change needs {}", name_of(quota),
                                        counted    ? fmt::format("{:g}", left)
                                        : left > 0 ? shown(resource, left)
                                                   : "0",
                                        name, counted ? fmt::format("{:g}", needed) : shown(resource, needed)),
                            {}, "raise the quota, or choose smaller values"));
}

}  // namespace

Result<void> check_limit_ranges(const std::vector<Json>& limit_ranges, const Json& pod_spec) {
  for (const Json& range : limit_ranges) {
    for (const Json& item : field(range, {"spec", "limits"})) {
      const std::string type = field_text(item, {"type"});
      for (const char* resource : kResources) {
        if (type == "Pod") {
          const Sized pod{"the pod", pod_sum(pod_spec, "requests", resource), pod_sum(pod_spec, "limits", resource)};
          TRY(check_item(item, name_of(range), resource, pod));
        }
        if (type != "Container") continue;
        for (const Json& container : field(pod_spec, {"containers"})) {
          const Sized sized{"container " + field_text(container, {"name"}), amount(container, "requests", resource),
                            amount(container, "limits", resource)};
          TRY(check_item(item, name_of(range), resource, sized));
        }
      }
    }
  }
  return {};
}

Result<void> check_quotas(const std::vector<Json>& quotas, const Json& workload, const Json& pod_spec_after,
                          bool in_place) {
  const Json& before = field(workload, {"spec", "template", "spec"});
  const int replicas = field_int(workload, {"spec", "replicas"}, 1);
  const int extra = in_place ? 0 : std::min(surge(workload, replicas), replicas);
  for (const Json& quota : quotas) {
    if (!field(quota, {"spec", "scopes"}).is_null() || !field(quota, {"spec", "scopeSelector"}).is_null()) continue;
    TRY(check_quota(quota, "pods", extra, nullptr));
    for (const char* group : {"requests", "limits"}) {
      for (const char* resource : kResources) {
        const double old = pod_sum(before, group, resource);
        const double made = pod_sum(pod_spec_after, group, resource);
        // When it begins to roll, the extra pods beside all old ones; when it ends, all new pods beside the last old
        // ones.
        const double needed = std::max(extra * made, replicas * (made - old) + extra * old);
        TRY(check_quota(quota, std::string(group) + "." + resource, needed, resource));
        if (group == std::string_view("requests")) TRY(check_quota(quota, resource, needed, resource));
      }
    }
  }
  return {};
}

}  // namespace trimtab::platform
