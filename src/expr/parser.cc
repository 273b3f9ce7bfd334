// A Pratt parser (V. Pratt, "Top down operator precedence", 1973).
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "expr/node.h"

namespace trimtab::expr {
namespace {

using NodePointer = std::shared_ptr<const Node>;

constexpr std::size_t kMaximumLength = 4096;  // far above any formula a person writes
constexpr int kMaximumDepth = 64;             // bounds the recursion of parser, printer and evaluator

enum class Kind { kNumber, kText, kName, kSymbol, kEnd };

struct Token {
  Kind kind = Kind::kEnd;
  std::string_view text;
  double number = 0;
  int column = 1;
};

struct Infix {
  std::string_view symbol;
  int precedence;
  Operator op;
};
// Higher binds tighter. Comparisons do not chain: a < b < c is refused.
constexpr int kTernary = 1;
constexpr int kUnaryNot = 4;
constexpr int kComparison = 5;
constexpr int kUnaryMinus = 8;
constexpr int kPowerPrecedence = 9;
constexpr std::array<Infix, 16> kInfix{{{"||", 2, Operator::kOr},
                                        {"or", 2, Operator::kOr},
                                        {"&&", 3, Operator::kAnd},
                                        {"and", 3, Operator::kAnd},
                                        {"<", kComparison, Operator::kLess},
                                        {"<=", kComparison, Operator::kLessEqual},
                                        {">", kComparison, Operator::kGreater},
                                        {">=", kComparison, Operator::kGreaterEqual},
                                        {"==", kComparison, Operator::kEqual},
                                        {"!=", kComparison, Operator::kNotEqual},
                                        {"+", 6, Operator::kAdd},
                                        {"-", 6, Operator::kSubtract},
                                        {"*", 7, Operator::kMultiply},
                                        {"/", 7, Operator::kDivide},
                                        {"%", 7, Operator::kRemainder},
                                        {"^", kPowerPrecedence, Operator::kPower}}};

struct Function {
  std::string_view name;
  Operator op;
  std::size_t least;
  std::size_t most;
};
constexpr std::array<Function, 13> kFunctions{{{"min", Operator::kMin, 1, 64},
                                               {"max", Operator::kMax, 1, 64},
                                               {"abs", Operator::kAbs, 1, 1},
                                               {"sqrt", Operator::kSqrt, 1, 1},
                                               {"log", Operator::kLog, 1, 1},
                                               {"log2", Operator::kLog2, 1, 1},
                                               {"log10", Operator::kLog10, 1, 1},
                                               {"exp", Operator::kExp, 1, 1},
                                               {"floor", Operator::kFloor, 1, 1},
                                               {"ceil", Operator::kCeil, 1, 1},
                                               {"round", Operator::kRound, 1, 1},
                                               {"pow", Operator::kPower, 2, 2},
                                               {"if", Operator::kIf, 3, 3}}};

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name_part(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9') || c == '.';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<NodePointer> parse() {
    if (text_.size() > kMaximumLength) return fail(error(1, "the formula is longer than 4096 characters"));
    TRY(advance());
    TRY_ASSIGN(NodePointer root, expression(0, 0));
    if (token_.kind != Kind::kEnd) return fail(error(token_.column, fmt::format("unexpected \"{}\"", token_.text)));
    return root;
  }

 private:
  Error error(int column, const std::string& what) const {
    const std::string shown(text_.substr(0, 120));
    Error result = invalid_input(fmt::format("{} at column {} of the formula \"{}\"", what, column, shown));
    result.position.column = column;
    return result;
  }

  Result<void> advance() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
    token_ = Token{Kind::kEnd, {}, 0, static_cast<int>(at_) + 1};
    if (at_ >= text_.size()) return {};
    const char c = text_[at_];
    if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) return number();
    if (c == '"' || c == '\'') return quoted(c);
    if (is_name_start(c)) {
      std::size_t end = at_;
      while (end < text_.size() && is_name_part(text_[end]))
        ++end;
      take(Kind::kName, end - at_);
      return {};
    }
    const std::string_view two = text_.substr(at_, 2);
    for (const std::string_view symbol : {"<=", ">=", "==", "!=", "&&", "||"}) {
      if (two == symbol) {
        take(Kind::kSymbol, 2);
        return {};
      }
    }
    if (std::string_view("+-*/%^<>!?:(),").contains(c)) {
      take(Kind::kSymbol, 1);
      return {};
    }
    return fail(error(token_.column, c == '=' ? "write == to compare; \"=\" is not an operator"
                                              : fmt::format("unexpected character \"{}\"", c)));
  }

  void take(Kind kind, std::size_t length) {
    token_.kind = kind;
    token_.text = text_.substr(at_, length);
    at_ += length;
  }

  Result<void> number() {
    double value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, status] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (status != std::errc{} || !std::isfinite(value))
      return fail(error(token_.column, "a number that cannot be read"));
    const auto length = static_cast<std::size_t>(end - begin);
    if (at_ + length < text_.size() && is_name_start(text_[at_ + length])) {
      return fail(
          error(token_.column, "a number with a unit; write plain numbers in the unit of the metric or parameter"));
    }
    token_.number = value;
    take(Kind::kNumber, length);
    return {};
  }

  Result<void> quoted(char quote) {
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) return fail(error(token_.column, "a text without its closing quote"));
    token_.kind = Kind::kText;
    token_.text = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return {};
  }

  [[nodiscard]] bool is_symbol(std::string_view symbol) const {
    return token_.kind == Kind::kSymbol && token_.text == symbol;
  }

  Result<void> expect(std::string_view symbol) {
    if (!is_symbol(symbol)) {
      return fail(error(token_.column, fmt::format("expected \"{}\"", symbol) +
                                           (token_.kind == Kind::kEnd ? ", found the end"
                                                                      : fmt::format(", found \"{}\"", token_.text))));
    }
    return advance();
  }

  [[nodiscard]] const Infix* infix() const {
    if (token_.kind != Kind::kSymbol && token_.kind != Kind::kName) return nullptr;
    for (const auto& entry : kInfix) {
      if (entry.symbol == token_.text) return &entry;
    }
    return nullptr;
  }

  static NodePointer make(Operator op, int column, std::vector<NodePointer> children) {
    auto node = std::make_shared<Node>();
    node->op = op;
    node->column = column;
    node->children = std::move(children);
    return node;
  }

  Result<NodePointer> expression(int least, int depth) {
    if (depth > kMaximumDepth) return fail(error(token_.column, "the formula is nested deeper than 64"));
    TRY_ASSIGN(NodePointer left, prefix(depth));
    while (true) {
      const int column = token_.column;
      if (is_symbol("?") && kTernary >= least) {
        TRY(advance());
        TRY_ASSIGN(NodePointer yes, expression(0, depth + 1));
        TRY(expect(":"));
        TRY_ASSIGN(NodePointer no, expression(kTernary, depth + 1));
        left = make(Operator::kIf, column, {left, yes, no});
        continue;
      }
      const Infix* found = infix();
      if (found == nullptr || found->precedence < least) return left;
      TRY(advance());
      const bool right_associative = found->precedence == kPowerPrecedence;
      TRY_ASSIGN(NodePointer right, expression(found->precedence + (right_associative ? 0 : 1), depth + 1));
      left = make(found->op, column, {left, right});
      if (found->precedence == kComparison && infix() != nullptr && infix()->precedence == kComparison) {
        return fail(error(token_.column, "comparisons do not chain; join them with &&"));
      }
      if (++operators_ > 512) return fail(error(column, "the formula has more than 512 operators"));
    }
  }

  Result<NodePointer> prefix(int depth) {
    const Token token = token_;
    if (token.kind == Kind::kEnd) return fail(error(token.column, "the formula ends too early"));
    TRY(advance());
    switch (token.kind) {
      case Kind::kNumber:
      case Kind::kText: {
        auto node = std::make_shared<Node>();
        node->value = token.kind == Kind::kNumber ? Value(token.number) : Value(token.text);
        node->column = token.column;
        return NodePointer(std::move(node));
      }
      case Kind::kName:
        return named(token, depth);
      default:
        break;
    }
    if (token.text == "(") {
      TRY_ASSIGN(NodePointer inner, expression(0, depth + 1));
      TRY(expect(")"));
      return inner;
    }
    if (token.text == "-" || token.text == "+") {
      TRY_ASSIGN(NodePointer operand, expression(kUnaryMinus, depth + 1));
      return token.text == "+" ? operand : make(Operator::kNegate, token.column, {operand});
    }
    if (token.text == "!") {
      TRY_ASSIGN(NodePointer operand, expression(kPowerPrecedence, depth + 1));
      return make(Operator::kNot, token.column, {operand});
    }
    return fail(error(token.column, fmt::format("unexpected \"{}\"", token.text)));
  }

  Result<NodePointer> named(const Token& token, int depth) {
    if (token.text == "not") {
      TRY_ASSIGN(NodePointer operand, expression(kUnaryNot, depth + 1));
      return make(Operator::kNot, token.column, {operand});
    }
    auto node = std::make_shared<Node>();
    node->column = token.column;
    if (token.text == "true" || token.text == "false") {
      node->value = Value(token.text == "true");
      return NodePointer(std::move(node));
    }
    if (is_symbol("(")) return call(token, depth);
    if (token.text.ends_with('.') || token.text.contains("..")) {
      return fail(error(token.column, fmt::format("\"{}\" is not a name", token.text)));
    }
    for (const std::string_view word : {"and", "or"}) {
      if (token.text == word) return fail(error(token.column, fmt::format("unexpected \"{}\"", word)));
    }
    node->op = Operator::kVariable;
    node->name = std::string(token.text);
    return NodePointer(std::move(node));
  }

  Result<NodePointer> call(const Token& token, int depth) {
    const Function* function = nullptr;
    for (const auto& entry : kFunctions) {
      if (entry.name == token.text) function = &entry;
    }
    if (function == nullptr) {
      return fail(error(token.column, fmt::format("unknown function \"{}\" (known: min max abs sqrt log log2 log10 exp "
                                                  "floor ceil round pow if)",
                                                  token.text)));
    }
    TRY(advance());
    std::vector<NodePointer> arguments;
    if (!is_symbol(")")) {
      while (true) {
        TRY_ASSIGN(NodePointer argument, expression(0, depth + 1));
        arguments.push_back(std::move(argument));
        if (!is_symbol(",")) break;
        TRY(advance());
      }
    }
    TRY(expect(")"));
    if (arguments.size() < function->least || arguments.size() > function->most) {
      return fail(error(token.column, fmt::format("{} takes {} arguments, not {}", function->name, function->least,
                                                  arguments.size())));
    }
    return make(function->op, token.column, std::move(arguments));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int operators_ = 0;
  Token token_;
};

int precedence_of(const Node& node) {
  switch (node.op) {
    case Operator::kNegate:
      return kUnaryMinus;
    case Operator::kNot:
      return kPowerPrecedence;
    default:
      break;
  }
  for (const auto& entry : kInfix) {
    if (entry.op == node.op) return entry.precedence;
  }
  return 100;
}

std::string print_constant(const Value& value) {
  if (value.is_number()) return fmt::format("{}", value.number());
  if (value.is_boolean()) return value.boolean() ? "true" : "false";
  const char quote = value.text().contains('"') ? '\'' : '"';
  return quote + value.text() + quote;
}

std::string wrapped(const Node& child, bool parenthesise) {
  return parenthesise ? "(" + print_node(child) + ")" : print_node(child);
}

}  // namespace

std::string_view function_name(Operator op) {
  if (op == Operator::kPower) return {};  // printed as ^
  for (const auto& entry : kFunctions) {
    if (entry.op == op) return entry.name;
  }
  return {};
}

std::string print_node(const Node& node) {
  if (node.op == Operator::kConstant) {
    return node.value.is_number() && node.value.number() < 0 ? "(" + print_constant(node.value) + ")"
                                                             : print_constant(node.value);
  }
  if (node.op == Operator::kVariable) return node.name;
  const int own = precedence_of(node);
  if (node.op == Operator::kNegate) return "-" + wrapped(*node.children[0], precedence_of(*node.children[0]) < own);
  if (node.op == Operator::kNot) return "!" + wrapped(*node.children[0], precedence_of(*node.children[0]) <= own);
  if (const auto name = function_name(node.op); !name.empty()) {
    std::string text(name);
    text += '(';
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (i > 0) text += ", ";
      text += print_node(*node.children[i]);
    }
    return text + ")";
  }
  std::string_view symbol;
  for (const auto& entry : kInfix) {
    if (entry.op == node.op && !is_name_start(entry.symbol[0])) symbol = entry.symbol;
  }
  const bool right_associative = node.op == Operator::kPower;
  const bool comparison = own == kComparison;
  const int left = precedence_of(*node.children[0]);
  const int right = precedence_of(*node.children[1]);
  return wrapped(*node.children[0], left < own || ((right_associative || comparison) && left == own)) + " " +
         std::string(symbol) + " " + wrapped(*node.children[1], right < own || (!right_associative && right == own));
}

Result<std::shared_ptr<const Node>> parse_node(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace trimtab::expr
