// Value: what a formula is made of: a number, a text or a boolean.
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace trimtab::expr {

class Value {
 public:
  Value() = default;
  Value(double number) : data_(number) {}  // NOLINT(google-explicit-constructor): values are written as literals
  Value(int number) : data_(static_cast<double>(number)) {}
  Value(bool boolean) : data_(boolean) {}
  Value(std::string text) : data_(std::move(text)) {}
  Value(std::string_view text) : data_(std::string(text)) {}
  Value(const char* text) : data_(std::string(text)) {}

  [[nodiscard]] bool is_number() const { return std::holds_alternative<double>(data_); }
  [[nodiscard]] bool is_text() const { return std::holds_alternative<std::string>(data_); }
  [[nodiscard]] bool is_boolean() const { return std::holds_alternative<bool>(data_); }
  // Preconditions: the matching is_...().
  [[nodiscard]] double number() const { return std::get<double>(data_); }
  [[nodiscard]] const std::string& text() const { return std::get<std::string>(data_); }
  [[nodiscard]] bool boolean() const { return std::get<bool>(data_); }
  [[nodiscard]] std::string_view type_name() const {
    if (is_number()) return "number";
    return is_text() ? "text" : "boolean";
  }

  bool operator==(const Value&) const = default;

 private:
  std::variant<double, std::string, bool> data_ = 0.0;
};

}  // namespace trimtab::expr
