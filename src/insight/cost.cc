#include "insight/cost.h"

namespace trimtab::insight {
namespace {

constexpr double kMebibytesInGibibyte = 1024;

std::vector<std::string> parameter_names(const model::Space& space) {
  std::vector<std::string> names;
  for (const model::Parameter& parameter : space.parameters())
    names.push_back(parameter.name);
  return names;
}

}  // namespace

double monthly_cost(const model::Application& application, const model::Configuration& configuration, int replicas) {
  const model::Objective& objective = application.objective;
  if (!objective.goals().empty() && objective.goals().front().direction == model::Direction::kMinimize &&
      objective.goal_is_known(0, parameter_names(application.space))) {
    if (const auto value = objective.goal_value(0, {}, configuration)) return *value;
  }
  double replica = 0;
  for (const auto& [name, value] : configuration.entries()) {
    if (!value.is_number()) continue;
    if (name.ends_with(".cpu_limit")) replica += value.number() * application.prices.cpu_core_month;
    if (name.ends_with(".memory_limit")) {
      replica += value.number() / kMebibytesInGibibyte * application.prices.memory_gib_month;
    }
  }
  return replica * replicas;
}

double payback_months(const model::Prices& prices, double cost_current, double cost_proposed, bool needs_restart) {
  if (!needs_restart || prices.restart <= 0) return 0;
  const double saving = cost_current - cost_proposed;
  return saving > 0 ? prices.restart / saving : -1;
}

}  // namespace trimtab::insight
