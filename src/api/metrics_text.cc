#include "api/metrics_text.h"

#include <cmath>

#include <fmt/format.h>

namespace trimtab::api {
namespace {

std::string escape(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') result += '\\';
    result += c;
  }
  return result;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace

void MetricsText::metric(std::string_view name, std::string_view type, std::string_view description) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, description, name, type);
}

void MetricsText::sample(double value, Labels labels) {
  text_ += name_;
  if (labels.size() > 0) {
    std::string inside;
    for (const auto& [key, text] : labels) {
      inside += fmt::format("{}{}=\"{}\"", inside.empty() ? "" : ",", key, escape(text));
    }
    text_ += "{" + inside + "}";
  }
  text_ += " " + number(value) + "\n";
}

}  // namespace trimtab::api
