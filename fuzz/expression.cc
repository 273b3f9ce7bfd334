// Feeds bytes to the parser of formulas. What it takes must print to text that it takes again, as the same tree, and
// that evaluates or fails without harm.
#include "expr/expression.h"

#include <cmath>
#include <cstdlib>

namespace {

using namespace trimtab;

void must(bool holds) {
  if (!holds) std::abort();
}

// Every name is a number that its length decides.
class EveryName : public expr::Variables {
 public:
  const expr::Value* find(std::string_view name) const override {
    value_ = expr::Value(static_cast<double>(name.size()) - 3.0);
    return &value_;
  }

 private:
  mutable expr::Value value_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto parsed = expr::Expression::parse({reinterpret_cast<const char*>(data), size});
  if (!parsed) {
    must(!parsed.error().message.empty());
    return 0;
  }
  const EveryName names;
  const auto number = parsed->evaluate_number(names);
  must(!number || std::isfinite(*number));
  static_cast<void>(parsed->evaluate(names));
  static_cast<void>(parsed->check([](std::string_view) { return expr::NameType{}; }));
  static_cast<void>(parsed->as_linear(parsed->variables()));
  static_cast<void>(parsed->as_comparison());
  // The canonical text has more parentheses and spaces, so that it may pass the limits; else it is the same tree.
  const std::string text = parsed->to_string();
  const auto again = expr::Expression::parse(text);
  must(again ? again->to_string() == text
             : text.size() > 4096 || again.error().message.find("nested deeper") != std::string::npos);
  return 0;
}
