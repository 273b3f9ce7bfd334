// Cost: what a configuration costs per month.
#pragma once

#include "model/application.h"

namespace trimtab::insight {

// The goal's value when it is to be minimised and known from the parameters alone (the application's own cost formula);
// else prices times the parameters named *.cpu_limit (cores) and *.memory_limit (MiB) times `replicas`. In the currency
// of the prices. 0 when the configuration says nothing about either. Precondition: replicas >= 0.
[[nodiscard]] double monthly_cost(const model::Application& application, const model::Configuration& configuration,
                                  int replicas);

// Months until a saving has paid for the restart it costs; 0 when there is nothing to pay, negative when it never does.
[[nodiscard]] double payback_months(const model::Prices& prices, double cost_current, double cost_proposed,
                                    bool needs_restart);

}  // namespace trimtab::insight
