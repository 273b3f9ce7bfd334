#include "scan/inventory.h"

#include <algorithm>
#include <tuple>

namespace trimtab::scan {
namespace {

bool is_word(std::string_view text, bool (*allowed)(char)) {
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
// rand.SafeEncodeString of apimachinery leaves vowels and look-alikes out; hashes are hexadecimal or of that alphabet.
bool is_name_letter(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z');
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto dash = text.find('-');
    parts.push_back(text.substr(0, dash));
    if (dash == std::string_view::npos) return parts;
    text.remove_prefix(dash + 1);
  }
}

constexpr std::size_t kSuffixLetters = 5;  // generateName's random suffix
constexpr std::size_t kHashLetters = 10;   // of a ReplicaSet, at most

bool is_suffix(std::string_view part) {
  return part.size() == kSuffixLetters && is_word(part, is_name_letter);
}

}  // namespace

std::string_view role_name(ContainerRole role) {
  switch (role) {
    case ContainerRole::kMain:
      return "container";
    case ContainerRole::kInit:
      return "init";
    case ContainerRole::kSidecar:
      return "sidecar";
  }
  return "";
}

void Inventory::sort() {
  const auto key = [](const ContainerEntry& e) { return std::tie(e.space, e.kind, e.workload, e.name); };
  std::sort(containers.begin(), containers.end(),
            [&](const ContainerEntry& a, const ContainerEntry& b) { return key(a) < key(b); });
}

bool may_own(const std::string& kind, const std::string& workload, const std::string& pod) {
  if (kind == "Pod") return pod == workload;
  if (pod.size() <= workload.size() + 1 || !pod.starts_with(workload) || pod[workload.size()] != '-') return false;
  const auto rest = parts_of(std::string_view(pod).substr(workload.size() + 1));
  if (kind == "StatefulSet") return rest.size() == 1 && is_word(rest[0], is_digit);
  if (kind == "DaemonSet" || kind == "ReplicaSet") return rest.size() == 1 && is_suffix(rest[0]);
  if (kind == "Job") {  // an indexed one has its index before the suffix
    return is_suffix(rest.back()) && (rest.size() == 1 || (rest.size() == 2 && is_word(rest[0], is_digit)));
  }
  if (kind == "CronJob") return rest.size() == 2 && is_word(rest[0], is_digit) && is_suffix(rest[1]);
  // Deployment, Rollout and what else makes ReplicaSets.
  return rest.size() == 2 && rest[0].size() <= kHashLetters && is_word(rest[0], is_name_letter) && is_suffix(rest[1]);
}

PodNames::PodNames(const Inventory& inventory) : inventory_(inventory) {
  const auto& all = inventory.containers;
  for (std::size_t first = 0; first < all.size();) {
    std::size_t last = first;
    while (last < all.size() && all[last].space == all[first].space && all[last].kind == all[first].kind &&
           all[last].workload == all[first].workload) {
      ++last;
    }
    by_name_[all[first].space][all[first].kind + "/" + all[first].workload] = {first, last};
    first = last;
  }
}

std::optional<std::pair<std::size_t, std::size_t>> PodNames::find(const std::string& space,
                                                                  const std::string& pod) const {
  const auto workloads = by_name_.find(space);
  if (workloads == by_name_.end()) return std::nullopt;
  const auto live = inventory_.pods.find({space, pod});
  if (live != inventory_.pods.end()) {
    const auto found = workloads->second.find(live->second.first + "/" + live->second.second);
    if (found != workloads->second.end()) return found->second;
  }
  // A name is its workload's and two parts more at most.
  std::string_view name = pod;
  for (int cut = 0; cut < 4; ++cut) {
    for (const char* kind :
         {"Pod", "Deployment", "Rollout", "StatefulSet", "DaemonSet", "CronJob", "Job", "ReplicaSet"}) {
      const auto found = workloads->second.find(std::string(kind) + "/" + std::string(name));
      if (found != workloads->second.end() && may_own(kind, std::string(name), pod)) return found->second;
    }
    const auto dash = name.rfind('-');
    if (dash == std::string_view::npos) break;
    name = name.substr(0, dash);
  }
  return std::nullopt;
}

}  // namespace trimtab::scan
