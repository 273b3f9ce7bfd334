// ClusterApplications: follows the custom resources Application of a cluster, in threads of its own, and keeps the live
// service as they say (ApplicationResources).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kubernetes/access.h"

#include "api/live_service.h"
#include "base/result.h"

namespace trimtab::server {

class ClusterApplications {
 public:
  // `namespaces`: which are followed; "*" alone: all. `live` and `clock` outlive this object. Contacts nothing before
  // it returns; a cluster that is away, has no such resources yet or forbids to read them is logged and tried again.
  // kInvalidInput: no namespace, or "*" beside others.
  [[nodiscard]] static Result<std::unique_ptr<ClusterApplications>> start(kubernetes::Access access,
                                                                          const std::vector<std::string>& namespaces,
                                                                          api::LiveService& live, const Clock& clock);
  // Stops to follow; the applications go on.
  ~ClusterApplications();
  ClusterApplications(const ClusterApplications&) = delete;
  ClusterApplications& operator=(const ClusterApplications&) = delete;

 private:
  struct Parts;
  explicit ClusterApplications(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace trimtab::server
