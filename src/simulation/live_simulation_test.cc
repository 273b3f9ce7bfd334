// The invariant of the product on a shortened fortnight: Trimtab saves most of what the best safe configuration saves
// and keeps the SLOs, while sizing by usage breaks them.
#include "simulation/live_simulation.h"

#include <set>

#include "simulation/comparison_report.h"
#include "simulation/example_scenario.h"
#include <gtest/gtest.h>

namespace trimtab::simulation {
namespace {

TEST(LiveSimulation, ThreeDaysSaveMostAndKeepTheSlos) {
  Scenario scenario = example_scenario(3, 1);
  LiveSimulationOptions options;
  std::uint64_t sequence = 0;
  int applied = 0;
  std::set<std::string> decisions;
  options.on_step = [&](const engine::Event&, const engine::StepResult& result) {
    EXPECT_EQ(result.state.sequence, sequence + 1);
    sequence = result.state.sequence;
    for (const engine::Command& command : result.commands) {
      const auto* apply = std::get_if<engine::Apply>(&command.what);
      if (!apply) continue;
      ++applied;
      decisions.insert(apply->request.decision);
      EXPECT_TRUE(scenario.application.space.validate(apply->request.target)) << apply->request.target.to_string();
    }
  };
  const auto comparison = compare(scenario, options);
  ASSERT_TRUE(comparison) << comparison.error().to_string();
  const RunOutcome& trimtab = *comparison->find(kTrimtab);
  const std::string table = comparison_table(*comparison) + comparison_story(*comparison, kTrimtab);
  EXPECT_LE(trimtab.breached_share(), 0.005) << table;
  EXPECT_EQ(trimtab.kills, 0) << table;
  EXPECT_GE(comparison->share_of_oracle(trimtab), 0.7) << table;  // the first day's learning included
  EXPECT_GE(comparison->end_share_of_oracle(trimtab), 0.85) << table;
  EXPECT_EQ(applied, trimtab.changes + trimtab.roll_backs);
  EXPECT_EQ(static_cast<int>(decisions.size()), applied);  // nothing is applied twice
  // Sizing by usage does not see response times.
  for (const RunOutcome& outcome : comparison->outcomes) {
    if (outcome.policy.find("right-size") != std::string::npos || outcome.policy.find("VPA") != std::string::npos) {
      EXPECT_GT(outcome.breached_share(), 0.02) << table;
    }
  }
}

}  // namespace
}  // namespace trimtab::simulation
