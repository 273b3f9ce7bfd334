#include "expr/expression.h"

#include <map>

#include <gtest/gtest.h>

namespace trimtab::expr {
namespace {

class MapVariables final : public Variables {
 public:
  explicit MapVariables(std::map<std::string, Value, std::less<>> values) : values_(std::move(values)) {}
  [[nodiscard]] const Value* find(std::string_view name) const override {
    const auto at = values_.find(name);
    return at == values_.end() ? nullptr : &at->second;
  }

 private:
  std::map<std::string, Value, std::less<>> values_;
};

const MapVariables kVariables({{"a", 2.0}, {"b", 3.0}, {"jvm.heap", 512.0}, {"gc", "G1"}, {"on", true}});

TEST(ExpressionTest, EvaluatesNumbers) {
  const std::vector<std::pair<const char*, double>> cases{
      {"1 + 2 * 3", 7},     {"(1 + 2) * 3", 9},          {"2 ^ 3 ^ 2", 512},        {"-2 ^ 2", -4},    {"7 % 4", 3},
      {"a * b - 1", 5},     {"jvm.heap / 2", 256},       {"min(a, b, 1)", 1},       {"max(a)", 2},     {"sqrt(16)", 4},
      {"pow(2, 10)", 1024}, {"gc == \"G1\" ? 1 : 2", 1}, {"if(a > b, 10, 20)", 20}, {"1e3", 1000},     {".5", 0.5},
      {"abs(-3)", 3},       {"10 - 4 - 3", 3},           {"round(2.5)", 3},         {"on ? a : b", 2}, {"+a", 2},
  };
  for (const auto& [text, expected] : cases) {
    const auto expression = Expression::parse(text);
    ASSERT_TRUE(expression) << text << ": " << expression.error().to_string();
    EXPECT_DOUBLE_EQ(expression->evaluate_number(kVariables).value(), expected) << text;
    const auto again = Expression::parse(expression->to_string());
    ASSERT_TRUE(again) << expression->to_string();
    EXPECT_EQ(again->to_string(), expression->to_string());
    EXPECT_DOUBLE_EQ(again->evaluate_number(kVariables).value(), expected) << expression->to_string();
  }
}

TEST(ExpressionTest, EvaluatesConditions) {
  const std::vector<std::pair<const char*, bool>> cases{
      {"a < b", true},
      {"a >= b", false},
      {"gc != 'Serial' && a == 2", true},
      {"not a > b", true},
      {"!(a > b) or false", true},
      {"gc == 'x' and missing > 1", false},
      {"a < b || missing > 1", true},
  };
  for (const auto& [text, expected] : cases) {
    const auto expression = Expression::parse(text);
    ASSERT_TRUE(expression) << text;
    EXPECT_EQ(expression->evaluate_boolean(kVariables).value(), expected) << text;
    EXPECT_EQ(Expression::parse(expression->to_string())->evaluate_boolean(kVariables).value(), expected);
  }
}

TEST(ExpressionTest, SaysWhereAFormulaIsWrong) {
  const std::vector<std::pair<const char*, int>> cases{{"", 1},      {"1 +", 4}, {"a = 1", 3},     {"f(1)", 1},
                                                       {"512Mi", 1}, {"(1", 3},  {"a < b < c", 7}, {"'x", 1},
                                                       {"min()", 1}, {"1 2", 3}, {"a..b", 1},      {"$x", 1}};
  for (const auto& [text, column] : cases) {
    const auto expression = Expression::parse(text);
    ASSERT_FALSE(expression) << text;
    EXPECT_EQ(expression.error().position.column, column) << text << ": " << expression.error().message;
  }
  EXPECT_FALSE(Expression::parse(std::string(5000, '1')));
  EXPECT_FALSE(Expression::parse(std::string(1000, '(') + "1" + std::string(1000, ')')));
  std::string minus(2000, '-');
  EXPECT_FALSE(Expression::parse(minus + "1"));
}

TEST(ExpressionTest, FaultsOfEvaluationNameThePart) {
  EXPECT_NE(Expression::parse("a / (b - 3)")->evaluate_number(kVariables).error().message.find("a / (b - 3)"),
            std::string::npos);
  EXPECT_NE(Expression::parse("nope + 1")->evaluate_number(kVariables).error().message.find("\"nope\""),
            std::string::npos);
  EXPECT_FALSE(Expression::parse("gc + 1")->evaluate_number(kVariables));
  EXPECT_FALSE(Expression::parse("gc == 1")->evaluate_boolean(kVariables));
  EXPECT_FALSE(Expression::parse("a < b")->evaluate_number(kVariables));
  EXPECT_FALSE(Expression::parse("log(0)")->evaluate_number(kVariables));
}

TEST(ExpressionTest, KnowsItsVariablesSidesAndLinearForm) {
  const auto constraint = Expression::parse("jvm.heap + 2 * a <= b / 2 - 1").value();
  EXPECT_EQ(constraint.variables(), (std::vector<std::string>{"a", "b", "jvm.heap"}));
  const auto sides = constraint.as_comparison();
  ASSERT_TRUE(sides);
  EXPECT_EQ(sides->comparison, Comparison::kLessEqual);
  const std::vector<std::string> names{"a", "b", "jvm.heap"};
  const auto left = sides->left.as_linear(names);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->coefficients, (std::vector<double>{2, 0, 1}));
  EXPECT_EQ(sides->right.as_linear(names)->constant, -1);
  EXPECT_FALSE(Expression::parse("a * b")->as_linear(names));
}

TEST(ExpressionTest, RenamesEveryName) {
  const auto renamed = Expression::parse("gc == 'gc' && heap + heap > 1").value().renamed([](std::string_view name) {
    return "jvm." + std::string(name);
  });
  EXPECT_EQ(renamed.to_string(), "jvm.gc == \"gc\" && jvm.heap + jvm.heap > 1");
  EXPECT_EQ(renamed.variables(), (std::vector<std::string>{"jvm.gc", "jvm.heap"}));
}

TEST(BoundExpressionTest, AgreesWithTheUnboundForm) {
  const auto expression = Expression::parse("a * 2 + (gc == 'G1' ? 1 : 0)").value();
  const std::vector<std::string> names{"gc", "a"};
  const auto bound = BoundExpression::bind(expression, names);
  ASSERT_TRUE(bound);
  const std::vector<Value> values{"G1", 2.0};
  EXPECT_EQ(bound->number(values), 5.0);
  EXPECT_FALSE(BoundExpression::bind(expression, std::vector<std::string>{"a"}));
}

}  // namespace
}  // namespace trimtab::expr
