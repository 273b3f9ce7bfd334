// The tree of an Expression. Private to the room.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "expr/expression.h"

namespace trimtab::expr {

enum class Operator {
  kConstant,
  kVariable,
  kNegate,
  kNot,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kRemainder,
  kPower,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kEqual,
  kNotEqual,
  kAnd,
  kOr,
  kIf,
  kMin,
  kMax,
  kAbs,
  kSqrt,
  kLog,
  kLog2,
  kLog10,
  kExp,
  kFloor,
  kCeil,
  kRound,
};

struct Node {
  Operator op = Operator::kConstant;
  Value value;       // kConstant
  std::string name;  // kVariable
  int slot = -1;     // kVariable of a bound tree
  int column = 0;    // from 1, in the text it was parsed from
  std::vector<std::shared_ptr<const Node>> children;
};

[[nodiscard]] Result<std::shared_ptr<const Node>> parse_node(std::string_view text);
[[nodiscard]] std::string print_node(const Node& node);
// The function's name in the grammar, empty for operators.
[[nodiscard]] std::string_view function_name(Operator op);

}  // namespace trimtab::expr
