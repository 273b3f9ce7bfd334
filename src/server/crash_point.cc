#include "server/crash_point.h"

#include <charconv>
#include <string>

#include <unistd.h>

namespace trimtab::server {

Result<CrashPoint> CrashPoint::parse(std::string_view text) {
  CrashPoint point;
  if (text.empty()) return point;
  const auto refuse = [&] {
    return fail(invalid_input("TRIMTAB_CRASH_AT is \"" + std::string(text) + "\"", "TRIMTAB_CRASH_AT",
                              "write <n>:before_commit, <n>:after_commit or <n>:after_command"));
  };
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return refuse();
  const auto [end, error] = std::from_chars(text.data(), text.data() + colon, point.step_);
  if (error != std::errc() || end != text.data() + colon || point.step_ == 0) return refuse();
  const std::string_view place = text.substr(colon + 1);
  if (place == "before_commit") {
    point.place_ = Place::kBeforeCommit;
  } else if (place == "after_commit") {
    point.place_ = Place::kAfterCommit;
  } else if (place == "after_command") {
    point.place_ = Place::kAfterCommand;
  } else {
    return refuse();
  }
  return point;
}

void CrashPoint::pass(std::uint64_t step, Place place) const {
  if (step_ == 0 || place != place_) return;
  // Not every step has commands: the first one from there on that has.
  const bool here = place == Place::kAfterCommand ? step >= step_ : step == step_;
  if (here) ::_exit(137);  // 128 + SIGKILL, and as abrupt
}

}  // namespace trimtab::server
