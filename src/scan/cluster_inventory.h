// The inventory of a cluster, read from its API server: `list` of pods, workloads, autoscalers, services and nodes.
// What the role does not allow or the cluster does not have becomes a note; pods and workloads are needed.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "kubernetes/client.h"
#include "scan/inventory.h"

namespace trimtab::scan {

struct InventoryOptions {
  std::vector<std::string> spaces;  // namespaces; empty: all
  std::string label_selector;       // of the workloads and pods
  Duration deadline = std::chrono::seconds(60);
  std::stop_token stop;
};

// Errors: as kubernetes::Client; kNotFound when a named namespace does not exist.
[[nodiscard]] Result<Inventory> read_cluster(const kubernetes::Client& client, const InventoryOptions& options);

}  // namespace trimtab::scan
