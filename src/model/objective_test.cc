#include "model/objective.h"

#include <cmath>

#include <gtest/gtest.h>

namespace trimtab::model {
namespace {

expr::Expression formula(const char* text) {
  return expr::Expression::parse(text).value();
}

Goal minimize(const char* text) {
  return {Direction::kMinimize, formula(text), text};
}

Slo upper(const char* value, double bound) {
  Slo slo;
  slo.name = value;
  slo.text = value;
  slo.value = formula(value);
  slo.bound = bound;
  return slo;
}

TEST(ObjectiveTest, EvaluatesFormulasInAnyOrder) {
  const auto objective = Objective::create({minimize("cost")}, {upper("p95 / cost", 100)},
                                           {{"cost", formula("2 * base + replicas")}, {"base", formula("cpu * 10")}});
  ASSERT_TRUE(objective) << objective.error().to_string();
  EXPECT_EQ(objective->formulas().front().name, "base");
  const Configuration parameters{{"cpu", 0.5}};
  EXPECT_EQ(objective->goal_value(0, {{"replicas", 3.0}}, parameters), 13.0);
  EXPECT_EQ(objective->slo_value(0, {{"replicas", 2.0}, {"p95", 24.0}}, parameters), 2.0);
  const auto missing = objective->goal_value(0, {}, parameters);
  EXPECT_EQ(missing.error().code, Code::kInvalidInput);
  EXPECT_NE(missing.error().message.find("\"replicas\""), std::string::npos) << missing.error().message;
  EXPECT_EQ(missing.error().field, "goal");
}

TEST(ObjectiveTest, PrintsCycles) {
  const auto objective = Objective::create({minimize("a")}, {},
                                           {{"c", formula("a + 1")}, {"a", formula("b * 2")}, {"b", formula("c / 2")}});
  EXPECT_EQ(objective.error().message, "the formulas go in a circle: a -> b -> c -> a");
  EXPECT_EQ(objective.error().field, "formulas.a");
  const auto self = Objective::create({}, {}, {{"x", formula("x + 1")}});
  EXPECT_EQ(self.error().message, "the formulas go in a circle: x -> x");
}

TEST(ObjectiveTest, KnowsWhatItNeeds) {
  const auto objective = Objective::create({minimize("cost"), minimize("p95")}, {upper("errors", 0.01)},
                                           {{"cost", formula("cpu * 10")}, {"unused", formula("nothing")}})
                             .value();
  EXPECT_TRUE(objective.goal_is_known(0, {"cpu", "heap"}));
  EXPECT_FALSE(objective.goal_is_known(0, {"heap"}));
  EXPECT_FALSE(objective.goal_is_known(1, {"cpu"}));
  EXPECT_EQ(objective.required_metrics({"cpu"}), (std::vector<std::string>{"errors", "p95"}));
}

TEST(ObjectiveTest, RefusesDuplicatesAndBadConfidence) {
  EXPECT_EQ(Objective::create({}, {upper("p95", 1), upper("p95", 2)}, {}).error().field, "slos[1]");
  EXPECT_EQ(Objective::create({}, {}, {{"a", formula("1")}, {"a", formula("2")}}).error().field, "formulas.a");
  Slo slo = upper("p95", 1);
  slo.confidence = 95;
  EXPECT_EQ(Objective::create({}, {slo}, {}).error().field, "slos[0].confidence");
}

TEST(SloTest, MarginIsRelativeToTheBound) {
  Slo slo = upper("p95", 200);
  EXPECT_DOUBLE_EQ(slo.margin(150), 0.25);
  EXPECT_DOUBLE_EQ(slo.margin(250), -0.25);
  EXPECT_TRUE(slo.holds(200));
  slo.upper = false;
  EXPECT_DOUBLE_EQ(slo.margin(150), -0.25);
  slo = upper("errors", 0);
  EXPECT_DOUBLE_EQ(slo.margin(0.5), -0.5);
  EXPECT_FALSE(slo.holds(std::nan("")));
}

}  // namespace
}  // namespace trimtab::model
