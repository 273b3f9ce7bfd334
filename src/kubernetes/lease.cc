#include "kubernetes/lease.h"

#include <chrono>

#include <nlohmann/json.hpp>

namespace trimtab::kubernetes {
namespace {

using Json = nlohmann::json;

constexpr const char* kGroup = "coordination.k8s.io/v1";

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// MicroTime: always six digits.
std::string micro_time(Instant at) {
  std::string text = format_rfc3339(Instant{at.us - at.us % 1'000'000});
  const std::string digits = std::to_string(1'000'000 + at.us % 1'000'000).substr(1);
  return text.insert(text.size() - 1, "." + digits);
}

}  // namespace

Lease::Lease(const Client& client, const Clock& clock, std::string space, std::string name, std::string holder,
             Duration duration)
    : client_(client),
      clock_(clock),
      space_(std::move(space)),
      name_(std::move(name)),
      holder_(std::move(holder)),
      duration_(duration) {}

Result<void> Lease::hold() {
  const std::string path = resource(kGroup, space_, "leases", name_);
  const Instant now = clock_.now();
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(duration_).count();
  Json spec{{"holderIdentity", holder_}, {"leaseDurationSeconds", seconds}, {"renewTime", micro_time(now)}};
  auto live = client_.get(path);
  if (!live) {
    if (live.error().code != Code::kNotFound) return fail(live.error());
    spec["acquireTime"] = micro_time(now);
    spec["leaseTransitions"] = 0;
    const Json made{{"apiVersion", kGroup},
                    {"kind", "Lease"},
                    {"metadata", {{"name", name_}, {"namespace", space_}}},
                    {"spec", spec}};
    TRY(client_.create(resource(kGroup, space_, "leases"), made));
    return {};
  }
  const Json old = live->value("spec", Json::object());
  const std::string holder = text_of(old, "holderIdentity");
  if (holder != holder_ && !holder.empty()) {
    const std::string renewed = holder + "/" + text_of(old, "renewTime");
    if (renewed != seen_) {
      seen_ = renewed;
      seen_since_ = now;
    }
    const auto lasts = old.find("leaseDurationSeconds");
    const bool numbered = lasts != old.end() && lasts->is_number();
    const Duration theirs = numbered ? duration_from_seconds(lasts->get<double>()) : duration_;
    if (now - seen_since_ < theirs) {
      return fail(conflict("the lease " + space_ + "/" + name_ + " is held by " + holder,
                           "only one Trimtab acts at a time; it is taken over when the other one is gone"));
    }
  }
  const bool taken_over = holder != holder_;
  spec["acquireTime"] = taken_over ? micro_time(now) : text_of(old, "acquireTime");
  const auto transitions = old.find("leaseTransitions");
  const int before = transitions != old.end() && transitions->is_number_integer() ? transitions->get<int>() : 0;
  spec["leaseTransitions"] = before + (taken_over ? 1 : 0);
  (*live)["spec"] = spec;
  TRY(client_.replace(path, *live));
  return {};
}

Result<void> Lease::release() {
  const std::string path = resource(kGroup, space_, "leases", name_);
  TRY_ASSIGN(Json live, client_.get(path));
  if (!live.contains("spec") || text_of(live["spec"], "holderIdentity") != holder_) return {};
  live["spec"]["holderIdentity"] = "";
  TRY(client_.replace(path, live));
  return {};
}

}  // namespace trimtab::kubernetes
