#include "expr/expression.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/check.h"
#include "expr/node.h"

namespace trimtab::expr {
namespace {

using NodePointer = std::shared_ptr<const Node>;

// Why an evaluation stopped. Turned into text only when somebody asks, so that a failing constraint costs nothing.
struct Fault {
  const Node* node = nullptr;
  enum class Kind { kNone, kUnknown, kType, kNotFinite } kind = Kind::kNone;
};

struct NamedLookup {
  const Variables* variables;
  const Value* operator()(const Node& node) const { return variables->find(node.name); }
};
struct SlotLookup {
  std::span<const Value> values;
  const Value* operator()(const Node& node) const { return &values[static_cast<std::size_t>(node.slot)]; }
};

// nullopt: the operator is of another kind.
std::optional<double> of_one(Operator op, double a) {
  switch (op) {
    case Operator::kNegate:
      return -a;
    case Operator::kAbs:
      return std::fabs(a);
    case Operator::kSqrt:
      return std::sqrt(a);
    case Operator::kLog:
      return std::log(a);
    case Operator::kLog2:
      return std::log2(a);
    case Operator::kLog10:
      return std::log10(a);
    case Operator::kExp:
      return std::exp(a);
    case Operator::kFloor:
      return std::floor(a);
    case Operator::kCeil:
      return std::ceil(a);
    case Operator::kRound:
      return std::round(a);
    default:
      return std::nullopt;
  }
}

// nullopt: the operator is of another kind.
std::optional<double> of_two(Operator op, double a, double b) {
  switch (op) {
    case Operator::kAdd:
      return a + b;
    case Operator::kSubtract:
      return a - b;
    case Operator::kMultiply:
      return a * b;
    case Operator::kDivide:
      return a / b;
    case Operator::kRemainder:
      return std::fmod(a, b);
    case Operator::kPower:
      return std::pow(a, b);
    default:
      return std::nullopt;
  }
}

template <class Lookup>
class Evaluator {
 public:
  explicit Evaluator(Lookup lookup) : lookup_(lookup) {}

  [[nodiscard]] const Fault& fault() const { return fault_; }

  bool number(const Node& node, double& out) {
    if (node.op == Operator::kConstant && node.value.is_number()) {
      out = node.value.number();
      return true;
    }
    if (node.op == Operator::kVariable) {
      const Value* value = lookup_(node);
      if (value == nullptr) return stop(node, Fault::Kind::kUnknown);
      if (!value->is_number()) return stop(node, Fault::Kind::kType);
      out = value->number();
      return std::isfinite(out) || stop(node, Fault::Kind::kNotFinite);
    }
    if (node.op == Operator::kIf) {
      bool condition = false;
      return boolean(*node.children[0], condition) && number(*node.children[condition ? 1 : 2], out);
    }
    if (!arithmetic(node, out)) return false;
    return std::isfinite(out) || stop(node, Fault::Kind::kNotFinite);
  }

  bool boolean(const Node& node, bool& out) {
    switch (node.op) {
      case Operator::kConstant:
        if (!node.value.is_boolean()) return stop(node, Fault::Kind::kType);
        out = node.value.boolean();
        return true;
      case Operator::kVariable: {
        const Value* value = lookup_(node);
        if (value == nullptr) return stop(node, Fault::Kind::kUnknown);
        if (!value->is_boolean()) return stop(node, Fault::Kind::kType);
        out = value->boolean();
        return true;
      }
      case Operator::kNot:
        if (!boolean(*node.children[0], out)) return false;
        out = !out;
        return true;
      case Operator::kAnd:
      case Operator::kOr:
        if (!boolean(*node.children[0], out)) return false;
        return out == (node.op == Operator::kOr) || boolean(*node.children[1], out);
      case Operator::kIf: {
        bool condition = false;
        return boolean(*node.children[0], condition) && boolean(*node.children[condition ? 1 : 2], out);
      }
      case Operator::kEqual:
      case Operator::kNotEqual:
        return equality(node, out);
      default:
        return comparison(node, out);
    }
  }

  bool any(const Node& node, Value& out) {
    if (node.op == Operator::kConstant) {
      out = node.value;
      return true;
    }
    if (node.op == Operator::kVariable) {
      const Value* value = lookup_(node);
      if (value == nullptr) return stop(node, Fault::Kind::kUnknown);
      out = *value;
      return !value->is_number() || std::isfinite(value->number()) || stop(node, Fault::Kind::kNotFinite);
    }
    if (node.op == Operator::kIf) {
      bool condition = false;
      return boolean(*node.children[0], condition) && any(*node.children[condition ? 1 : 2], out);
    }
    const bool logical = node.op == Operator::kNot || node.op == Operator::kAnd || node.op == Operator::kOr ||
                         (node.op >= Operator::kLess && node.op <= Operator::kNotEqual);
    if (logical) {
      bool result = false;
      if (!boolean(node, result)) return false;
      out = Value(result);
      return true;
    }
    double result = 0;
    if (!number(node, result)) return false;
    out = Value(result);
    return true;
  }

 private:
  bool stop(const Node& node, Fault::Kind kind) {
    fault_ = {&node, kind};
    return false;
  }

  bool arithmetic(const Node& node, double& out) {
    if (node.children.empty()) return stop(node, Fault::Kind::kType);
    double a = 0;
    if (!number(*node.children[0], a)) return false;
    if (node.op == Operator::kMin || node.op == Operator::kMax) {
      for (std::size_t i = 1; i < node.children.size(); ++i) {
        double b = 0;
        if (!number(*node.children[i], b)) return false;
        a = node.op == Operator::kMin ? std::min(a, b) : std::max(a, b);
      }
      out = a;
      return true;
    }
    double b = 0;
    if (node.children.size() == 2 && !number(*node.children[1], b)) return false;
    const auto result = node.children.size() == 2 ? of_two(node.op, a, b) : of_one(node.op, a);
    if (!result) return stop(node, Fault::Kind::kType);
    out = *result;
    return true;
  }

  bool equality(const Node& node, bool& out) {
    Value a;
    Value b;
    if (!any(*node.children[0], a) || !any(*node.children[1], b)) return false;
    if (a.type_name() != b.type_name()) return stop(node, Fault::Kind::kType);
    out = (a == b) == (node.op == Operator::kEqual);
    return true;
  }

  bool comparison(const Node& node, bool& out) {
    if (node.op < Operator::kLess || node.op > Operator::kGreaterEqual) return stop(node, Fault::Kind::kType);
    double a = 0;
    double b = 0;
    if (!number(*node.children[0], a) || !number(*node.children[1], b)) return false;
    switch (node.op) {
      case Operator::kLess:
        out = a < b;
        break;
      case Operator::kLessEqual:
        out = a <= b;
        break;
      case Operator::kGreater:
        out = a > b;
        break;
      default:
        out = a >= b;
        break;
    }
    return true;
  }

  Lookup lookup_;
  Fault fault_;
};

Error describe(const Fault& fault, const Node& root) {
  CHECK(fault.node != nullptr);
  const std::string part = print_node(*fault.node);
  const std::string whole = print_node(root);
  std::string what;
  switch (fault.kind) {
    case Fault::Kind::kUnknown:
      what = fmt::format("unknown name \"{}\"", part);
      break;
    case Fault::Kind::kNotFinite:
      what = fmt::format("\"{}\" is not a finite number", part);
      break;
    default:
      what = fmt::format("\"{}\" has the wrong type", part);
      break;
  }
  Error error = invalid_input(fmt::format("{} in the formula \"{}\"", what, whole));
  error.position.column = fault.node->column;
  return error;
}

void collect(const Node& node, std::set<std::string>& names) {
  if (node.op == Operator::kVariable) names.insert(node.name);
  for (const auto& child : node.children)
    collect(*child, names);
}

std::optional<Expression::Linear> linear(const Node& node, std::span<const std::string> names);

std::optional<Expression::Linear> linear_pair(const Node& node, std::span<const std::string> names) {
  auto a = linear(*node.children[0], names);
  auto b = linear(*node.children[1], names);
  if (!a || !b) return std::nullopt;
  const auto is_constant = [](const Expression::Linear& form) {
    return std::ranges::all_of(form.coefficients, [](double c) { return c == 0; });
  };
  const auto scale = [](Expression::Linear form, double factor) {
    for (auto& c : form.coefficients)
      c *= factor;
    form.constant *= factor;
    return form;
  };
  switch (node.op) {
    case Operator::kAdd:
    case Operator::kSubtract: {
      const double sign = node.op == Operator::kAdd ? 1 : -1;
      for (std::size_t i = 0; i < names.size(); ++i)
        a->coefficients[i] += sign * b->coefficients[i];
      a->constant += sign * b->constant;
      return a;
    }
    case Operator::kMultiply:
      if (is_constant(*a)) return scale(*b, a->constant);
      if (is_constant(*b)) return scale(*a, b->constant);
      return std::nullopt;
    case Operator::kDivide:
      if (!is_constant(*b) || b->constant == 0) return std::nullopt;
      return scale(*a, 1 / b->constant);
    default:
      return std::nullopt;
  }
}

std::optional<Expression::Linear> linear(const Node& node, std::span<const std::string> names) {
  Expression::Linear form{std::vector<double>(names.size(), 0.0), 0};
  if (node.op == Operator::kConstant) {
    if (!node.value.is_number()) return std::nullopt;
    form.constant = node.value.number();
    return form;
  }
  if (node.op == Operator::kVariable) {
    const auto at = std::ranges::find(names, node.name);
    if (at == names.end()) return std::nullopt;
    form.coefficients[static_cast<std::size_t>(at - names.begin())] = 1;
    return form;
  }
  if (node.op == Operator::kNegate) {
    auto inner = linear(*node.children[0], names);
    if (!inner) return std::nullopt;
    for (auto& c : inner->coefficients)
      c = -c;
    inner->constant = -inner->constant;
    return inner;
  }
  if (node.children.size() != 2) return std::nullopt;
  return linear_pair(node, names);
}

Result<NodePointer> resolve(const NodePointer& node, std::span<const std::string> names) {
  auto copy = std::make_shared<Node>(*node);
  if (node->op == Operator::kVariable) {
    const auto at = std::ranges::find(names, node->name);
    if (at == names.end()) return fail(invalid_input(fmt::format("unknown name \"{}\" in a formula", node->name)));
    copy->slot = static_cast<int>(at - names.begin());
  }
  for (auto& child : copy->children) {
    TRY_ASSIGN(child, resolve(child, names));
  }
  return NodePointer(std::move(copy));
}

NodePointer rename(const NodePointer& node, const std::function<std::string(std::string_view)>& new_name) {
  auto copy = std::make_shared<Node>(*node);
  if (node->op == Operator::kVariable) copy->name = new_name(node->name);
  for (auto& child : copy->children)
    child = rename(child, new_name);
  return copy;
}

}  // namespace

Expression::Expression() : Expression(constant(0)) {}

Expression::Expression(std::shared_ptr<const Node> root) : root_(std::move(root)) {
  std::set<std::string> names;
  collect(*root_, names);
  variables_.assign(names.begin(), names.end());
}

Result<Expression> Expression::parse(std::string_view text) {
  TRY_ASSIGN(NodePointer root, parse_node(text));
  return Expression(std::move(root));
}

Expression Expression::constant(double number) {
  auto node = std::make_shared<Node>();
  node->value = Value(number);
  return Expression(std::move(node));
}

Expression Expression::quotient(const Expression& a, const Expression& b) {
  auto node = std::make_shared<Node>();
  node->op = Operator::kDivide;
  node->column = 1;
  node->children = {a.root_, b.root_};
  return Expression(std::move(node));
}

Result<Value> Expression::evaluate(const Variables& variables) const {
  Evaluator<NamedLookup> evaluator({&variables});
  Value out;
  if (!evaluator.any(*root_, out)) return fail(describe(evaluator.fault(), *root_));
  return out;
}

Result<double> Expression::evaluate_number(const Variables& variables) const {
  Evaluator<NamedLookup> evaluator({&variables});
  double out = 0;
  if (!evaluator.number(*root_, out)) return fail(describe(evaluator.fault(), *root_));
  return out;
}

Result<bool> Expression::evaluate_boolean(const Variables& variables) const {
  Evaluator<NamedLookup> evaluator({&variables});
  bool out = false;
  if (!evaluator.boolean(*root_, out)) return fail(describe(evaluator.fault(), *root_));
  return out;
}

Expression Expression::renamed(const std::function<std::string(std::string_view)>& new_name) const {
  return Expression(rename(root_, new_name));
}

const std::vector<std::string>& Expression::variables() const {
  return variables_;
}
std::string Expression::to_string() const {
  return print_node(*root_);
}

std::optional<Expression::Sides> Expression::as_comparison() const {
  if (root_->op < Operator::kLess || root_->op > Operator::kNotEqual) return std::nullopt;
  const auto offset = static_cast<int>(root_->op) - static_cast<int>(Operator::kLess);
  return Sides{Expression(root_->children[0]), static_cast<Comparison>(offset), Expression(root_->children[1])};
}

std::optional<Expression::Linear> Expression::as_linear(std::span<const std::string> names) const {
  return linear(*root_, names);
}

Result<BoundExpression> BoundExpression::bind(const Expression& expression, std::span<const std::string> names) {
  BoundExpression bound;
  TRY_ASSIGN(bound.root_, resolve(expression.root_, names));
  return bound;
}

std::optional<double> BoundExpression::number(std::span<const Value> values) const {
  Evaluator<SlotLookup> evaluator({values});
  double out = 0;
  return evaluator.number(*root_, out) ? std::optional(out) : std::nullopt;
}

std::optional<bool> BoundExpression::boolean(std::span<const Value> values) const {
  Evaluator<SlotLookup> evaluator({values});
  bool out = false;
  return evaluator.boolean(*root_, out) ? std::optional(out) : std::nullopt;
}

}  // namespace trimtab::expr
