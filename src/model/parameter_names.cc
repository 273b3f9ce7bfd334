#include "model/parameter_names.h"

namespace trimtab::model {

std::string_view type_name(ParameterType type) {
  switch (type) {
    case ParameterType::kInteger:
      return "integer";
    case ParameterType::kReal:
      return "real";
    case ParameterType::kCategorical:
      return "categorical";
    case ParameterType::kOrdinal:
      return "ordinal";
  }
  return "real";
}

std::string_view effect_name(ChangeEffect effect) {
  switch (effect) {
    case ChangeEffect::kLive:
      return "live";
    case ChangeEffect::kReload:
      return "reload";
    case ChangeEffect::kRestart:
      return "restart";
  }
  return "restart";
}

}  // namespace trimtab::model
