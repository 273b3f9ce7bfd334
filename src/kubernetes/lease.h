// Lease: that only one Trimtab acts on a thing, though several may run (coordination.k8s.io/v1).
//
// Whether another's lease has run out is judged by how long it has not changed for us, never by comparing clocks of two
// machines. Every write carries the resourceVersion that was read, so of two that try at once one gets kConflict.
#pragma once

#include <string>

#include "kubernetes/client.h"

#include "base/time.h"

namespace trimtab::kubernetes {

class Lease {
 public:
  // `client` and `clock` outlive this object. `holder` tells this process from every other one.
  Lease(const Client& client, const Clock& clock, std::string space, std::string name, std::string holder,
        Duration duration = std::chrono::seconds(15));

  // Takes or renews it; call at least every third of its duration while acting. kConflict: another holds it (the
  // message names it).
  [[nodiscard]] Result<void> hold();
  // Gives it up when it is ours, so that the next need not wait.
  [[nodiscard]] Result<void> release();

 private:
  const Client& client_;
  const Clock& clock_;
  std::string space_;
  std::string name_;
  std::string holder_;
  Duration duration_;
  std::string seen_;  // another's renewal as last read, and since when it has stood still
  Instant seen_since_;
};

}  // namespace trimtab::kubernetes
