#include "simulation/scenario_document.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "simulation/comparison_report.h"
#include "simulation/live_simulation.h"
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace trimtab::simulation {
namespace {

Result<std::string> example(const std::string& name) {
  std::ifstream in(std::filesystem::path(TRIMTAB_SOURCE_DIR) / "examples/scenarios" / name);
  if (!in) return fail(not_found(name));
  return std::string(std::istreambuf_iterator<char>(in), {});
}

Result<Scenario> read(const std::string& text) {
  return read_scenario(text, "scenario.yaml", packs::PackLibrary::embedded().value(), example);
}

TEST(ScenarioDocument, ExampleIsValid) {
  const auto scenario = read(example("shop-fortnight.yaml").value());
  ASSERT_TRUE(scenario) << scenario.error().to_string();
  EXPECT_EQ(steps_of(*scenario), 14 * 1440);
  EXPECT_EQ(scenario->application.baseline.number("jvm.heap"), 512);
  EXPECT_EQ(scenario->load.shape.size(), 10U);
  EXPECT_EQ(scenario->application.policy.mode, model::Mode::kAutonomous);
}

TEST(ScenarioDocument, FaultsNameTheField) {
  std::string text = example("shop-fortnight.yaml").value();
  const auto replaced = [&](const char* from, const char* to) {
    std::string changed = text;
    changed.replace(changed.find(from), std::string(from).size(), to);
    return read(changed).error();
  };
  EXPECT_EQ(replaced("length: 14d", "length: 14").field, "length");
  EXPECT_EQ(replaced("peak: 90", "peek: 90").field, "load.peek");
  EXPECT_EQ(replaced("[3, 0.10]", "[0, 0.10]").field, "load.shape[1]");
  EXPECT_EQ(replaced("application: shop", "application: no").code, Code::kNotFound);
}

TEST(ComparisonReport, SameSeedSameBytes) {
  auto scenario = read(example("shop-fortnight.yaml").value());
  ASSERT_TRUE(scenario);
  scenario->length = std::chrono::hours(14);
  const auto a = compare(*scenario);
  const auto b = compare(*scenario);
  ASSERT_TRUE(a) << a.error().to_string();
  ASSERT_TRUE(b);
  EXPECT_EQ(comparison_table(*a), comparison_table(*b));
  EXPECT_EQ(comparison_json(*a).dump(), comparison_json(*b).dump());
  EXPECT_NE(comparison_table(*a).find("Trimtab"), std::string::npos);
}

}  // namespace
}  // namespace trimtab::simulation
