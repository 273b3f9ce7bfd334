// Expression: a formula written by a user (goal, SLO, constraint, `when` condition), parsed once and evaluated often.
//
// Grammar, loosest first:  c ? a : b | or || | and && | not ! | < <= > >= == != | + - | * / % | unary - | ^ (right)
// Literals: 12, 1.5, 1e3, "text", 'text', true, false. Names: letters, digits, '_' and dots (jvm.heap).
// Functions: min max (1 or more), abs sqrt log log2 log10 exp floor ceil round (1), pow (2), if (3).
// Text is only compared (== !=). Limits: 4096 characters, nesting 64.
//
// A value type: copies share the immutable tree. Thread safe for reading. Evaluation costs a few nanoseconds per node.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expr/value.h"

namespace trimtab::expr {

// Where names get their values. find() returns nullptr for a name it does not know.
class Variables {
 public:
  virtual ~Variables() = default;
  [[nodiscard]] virtual const Value* find(std::string_view name) const = 0;
};

enum class Comparison { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual };

enum class Type { kNumber, kText, kBoolean };
// What is known of a name before it has a value. `values`: the texts it may take, when they are known.
struct NameType {
  Type type = Type::kNumber;
  std::span<const std::string> values = {};
};
// nullopt: no such name.
using TypeOf = std::function<std::optional<NameType>(std::string_view)>;

struct Node;  // private to the room

class Expression {
 public:
  // The constant 0.
  Expression();
  // Errors: kInvalidInput with position.column (from 1, within the text) and a message that shows the place.
  [[nodiscard]] static Result<Expression> parse(std::string_view text);
  [[nodiscard]] static Expression constant(double number);
  // a / b, for SLOs whose bound is itself a formula.
  [[nodiscard]] static Expression quotient(const Expression& a, const Expression& b);

  // kInvalidInput: unknown name, wrong type, or a number that is not finite (naming the sub-expression).
  [[nodiscard]] Result<Value> evaluate(const Variables& variables) const;
  [[nodiscard]] Result<double> evaluate_number(const Variables& variables) const;
  [[nodiscard]] Result<bool> evaluate_boolean(const Variables& variables) const;

  // The type of the result, found without values. kInvalidInput with position.column: unknown name, operands that do
  // not fit, a comparison with a text that the name never takes.
  [[nodiscard]] Result<Type> check(const TypeOf& type_of) const;

  // The same formula with every name replaced: a pack's names get their component in front.
  [[nodiscard]] Expression renamed(const std::function<std::string(std::string_view)>& new_name) const;

  // Names used; sorted, unique.
  [[nodiscard]] const std::vector<std::string>& variables() const;
  // Canonical text; parse(to_string()) is the same tree, where its further parentheses and spaces keep to the limits.
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] bool is_constant() const { return variables().empty(); }

  struct Sides;
  // When the outermost operator is a comparison of two formulas.
  [[nodiscard]] std::optional<Sides> as_comparison() const;

  struct Linear {
    std::vector<double> coefficients;  // in the order of `names`
    double constant = 0;
  };
  // sum coefficients[i] * names[i] + constant when the tree is that, over numbers only; nullopt otherwise.
  [[nodiscard]] std::optional<Linear> as_linear(std::span<const std::string> names) const;

 private:
  explicit Expression(std::shared_ptr<const Node> root);
  std::shared_ptr<const Node> root_;
  std::vector<std::string> variables_;
  friend class BoundExpression;
};

struct Expression::Sides {
  Expression left;
  Comparison comparison;
  Expression right;
};

// An Expression whose names are resolved to positions, for evaluation in tight loops: over names[i] -> values[i].
class BoundExpression {
 public:
  // kInvalidInput when the expression uses a name that is not in `names`.
  [[nodiscard]] static Result<BoundExpression> bind(const Expression& expression, std::span<const std::string> names);
  // Precondition: values.size() == names.size() of bind(). nullopt where evaluate() would be an error.
  [[nodiscard]] std::optional<double> number(std::span<const Value> values) const;
  [[nodiscard]] std::optional<bool> boolean(std::span<const Value> values) const;

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace trimtab::expr
