// Limits of what a store keeps of each application. The audit trail and the recommendations are never cut.
#pragma once

#include <cstdint>

namespace trimtab::store {

struct Limits {
  // Steps: half an hour of a busy application at one step a second; the journal is for finding faults, the state alone
  // is enough to go on.
  std::int64_t journal_rows = 2000;
  // Windows, beyond those the engine keeps in its state: 17 hours of 15 s windows, six weeks of 15 min windows.
  std::int64_t observation_rows = 4096;
};

}  // namespace trimtab::store
