#include "model/application.h"

namespace trimtab::model {

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::kObserve:
      return "observe";
    case Mode::kRecommend:
      return "recommend";
    case Mode::kAutonomous:
      return "autonomous";
  }
  return "unknown";
}

std::optional<Mode> parse_mode(std::string_view text) {
  for (const Mode mode : {Mode::kObserve, Mode::kRecommend, Mode::kAutonomous}) {
    if (to_string(mode) == text) return mode;
  }
  return std::nullopt;
}

}  // namespace trimtab::model
