#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/spelling.h"
#include "expr/expression.h"
#include "expr/node.h"

namespace trimtab::expr {
namespace {

std::string_view name_of(Type type) {
  switch (type) {
    case Type::kNumber:
      return "number";
    case Type::kText:
      return "text";
    case Type::kBoolean:
      return "condition";
  }
  return "?";
}

Error error_at(const Node& node, std::string message, std::string hint = {}) {
  Error error = invalid_input(std::move(message), {}, std::move(hint));
  error.position.column = node.column;
  return error;
}

class Checker {
 public:
  explicit Checker(const TypeOf& type_of) : type_of_(type_of) {}

  Result<Type> type(const Node& node) const {
    switch (node.op) {
      case Operator::kConstant:
        if (node.value.is_number()) return Type::kNumber;
        return node.value.is_text() ? Type::kText : Type::kBoolean;
      case Operator::kVariable: {
        const auto known = type_of_(node.name);
        if (!known) return fail(error_at(node, fmt::format("unknown name \"{}\"", node.name)));
        return known->type;
      }
      case Operator::kNot:
      case Operator::kAnd:
      case Operator::kOr:
        TRY(all(node, Type::kBoolean));
        return Type::kBoolean;
      case Operator::kEqual:
      case Operator::kNotEqual:
        TRY(equality(node));
        return Type::kBoolean;
      case Operator::kLess:
      case Operator::kLessEqual:
      case Operator::kGreater:
      case Operator::kGreaterEqual:
        TRY(all(node, Type::kNumber));
        return Type::kBoolean;
      case Operator::kIf:
        return choice(node);
      default:
        TRY(all(node, Type::kNumber));
        return Type::kNumber;
    }
  }

 private:
  Result<void> all(const Node& node, Type wanted) const {
    for (const auto& child : node.children) {
      TRY_ASSIGN(const Type found, type(*child));
      if (found == wanted) continue;
      return fail(error_at(*child, fmt::format("\"{}\" is a {} where a {} is needed", print_node(*child),
                                               name_of(found), name_of(wanted))));
    }
    return {};
  }

  Result<Type> choice(const Node& node) const {
    TRY_ASSIGN(const Type condition, type(*node.children[0]));
    TRY_ASSIGN(const Type yes, type(*node.children[1]));
    TRY_ASSIGN(const Type no, type(*node.children[2]));
    if (condition != Type::kBoolean) {
      return fail(error_at(*node.children[0], fmt::format("\"{}\" is a {} where a condition is needed",
                                                          print_node(*node.children[0]), name_of(condition))));
    }
    if (yes == no) return yes;
    return fail(
        error_at(node, fmt::format("the two sides of the choice differ: a {} and a {}", name_of(yes), name_of(no))));
  }

  Result<void> equality(const Node& node) const {
    TRY_ASSIGN(const Type left, type(*node.children[0]));
    TRY_ASSIGN(const Type right, type(*node.children[1]));
    if (left != right) {
      return fail(
          error_at(node, fmt::format("\"{}\" compares a {} with a {}", print_node(node), name_of(left), name_of(right)),
                   "texts are written in quotes: gc == \"G1\""));
    }
    TRY(known_value(*node.children[0], *node.children[1]));
    return known_value(*node.children[1], *node.children[0]);
  }

  // gc == "G2" would never hold: a typing mistake.
  Result<void> known_value(const Node& name, const Node& constant) const {
    if (name.op != Operator::kVariable || constant.op != Operator::kConstant || !constant.value.is_text()) return {};
    const auto known = type_of_(name.name);
    if (!known || known->values.empty()) return {};
    if (std::ranges::find(known->values, constant.value.text()) != known->values.end()) return {};
    return fail(error_at(constant, fmt::format("{} never is \"{}\"", name.name, constant.value.text()),
                         spelling_hint(constant.value.text(), known->values)));
  }

  const TypeOf& type_of_;
};

}  // namespace

Result<Type> Expression::check(const TypeOf& type_of) const {
  return Checker(type_of).type(*root_);
}

}  // namespace trimtab::expr
