// What one step of the live engine writes, inside a transaction of the caller. Private to this room.
#pragma once

#include <string>

#include "engine/live_engine.h"
#include "store/limits.h"
#include "store/sql.h"

namespace trimtab::store {

// Errors: kNotFound (no such application), kConflict (the state's sequence does not follow the stored one).
[[nodiscard]] Result<void> write_step(Connection& connection, const Limits& limits, const std::string& application,
                                      const engine::Event& event, const engine::StepResult& result);

}  // namespace trimtab::store
