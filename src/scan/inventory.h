// Inventory: every container of a fleet as it is configured, before anything was measured. Values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "packs/findings.h"

namespace trimtab::scan {

enum class ContainerRole { kMain, kInit, kSidecar };  // kSidecar: an init container that keeps running
[[nodiscard]] std::string_view role_name(ContainerRole role);

// A container of a workload; of all its replicas together.
struct ContainerEntry {
  std::string space;     // namespace
  std::string kind;      // "Deployment"; "Pod" when nothing owns it
  std::string workload;  // name
  std::string name;
  ContainerRole role = ContainerRole::kMain;
  packs::ContainerFacts facts;  // `usage` is filled by measuring
  std::string autoscaler;       // name of the HorizontalPodAutoscaler; its figures are in facts.hpa
  bool autoscaler_is_keda = false;
  bool has_vpa = false;   // a VerticalPodAutoscaler sizes it already
  std::string git_owner;  // "Argo CD shop"

  [[nodiscard]] bool is_batch() const { return kind == "Job" || kind == "CronJob"; }
};

struct Inventory {
  std::vector<ContainerEntry> containers;  // by namespace, workload, container
  // Live pods: {namespace, pod} -> {kind, workload}.
  std::map<std::pair<std::string, std::string>, std::pair<std::string, std::string>> pods;
  std::vector<std::string> notes;  // what could not be read, for people

  void sort();
};

// Which workload a pod belonged to, also one that is gone: its name tells (cart-5d9c7b8f6-x2x9q, db-0, report-28391040-
// abcde). Thread safe once built.
class PodNames {
 public:
  explicit PodNames(const Inventory& inventory);
  // The index range [first, last) of the workload's containers in inventory.containers; nullopt: no such workload.
  [[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> find(const std::string& space,
                                                                        const std::string& pod) const;

 private:
  using Range = std::pair<std::size_t, std::size_t>;
  const Inventory& inventory_;
  std::map<std::string, std::map<std::string, Range, std::less<>>, std::less<>> by_name_;  // namespace, "Kind/name"
};

// Whether a workload of this kind and name may have made a pod of this name.
[[nodiscard]] bool may_own(const std::string& kind, const std::string& workload, const std::string& pod);

}  // namespace trimtab::scan
