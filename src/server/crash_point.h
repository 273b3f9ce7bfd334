// CrashPoint: a testing aid that ends the process as kill -9 would, at a chosen place of the journal. Set by the
// environment variable TRIMTAB_CRASH_AT="<n>:<place>"; without it nothing ever happens.
//
//   n      the n-th journaled step of this process, counted from 1 over all applications
//   place  before_commit (the step is lost), after_commit (its commands do not run), after_command (the first command
//          of that step or a later one ran, the answer is lost)
//
// Thread safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace trimtab::server {

class CrashPoint {
 public:
  enum class Place { kBeforeCommit, kAfterCommit, kAfterCommand };

  // Never.
  CrashPoint() = default;
  // kInvalidInput when the text is not of the form above; an empty text is "never".
  [[nodiscard]] static Result<CrashPoint> parse(std::string_view text);
  CrashPoint(CrashPoint&& other) noexcept
      : step_(other.step_), place_(other.place_), counted_(other.counted_.load(std::memory_order_relaxed)) {}

  // Counts a step that is about to be journaled; returns its number.
  [[nodiscard]] std::uint64_t next_step() { return counted_.fetch_add(1) + 1; }
  // Ends the process with 137 when this is the place.
  void pass(std::uint64_t step, Place place) const;

 private:
  std::uint64_t step_ = 0;
  Place place_ = Place::kBeforeCommit;
  std::atomic<std::uint64_t> counted_{0};
};

}  // namespace trimtab::server
