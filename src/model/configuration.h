// Configuration: one value for every selected parameter. A small sorted map with value semantics.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expr/value.h"

namespace trimtab::model {

// Number (integers are whole doubles) or text; a parameter never holds a boolean.
using Value = expr::Value;

class Configuration {
 public:
  using Entry = std::pair<std::string, Value>;

  Configuration() = default;
  Configuration(std::initializer_list<Entry> entries);

  // Sets or replaces. O(n), n is tens.
  void set(std::string name, Value value);
  void erase(std::string_view name);
  // nullptr when absent. The pointer lives until the next change.
  [[nodiscard]] const Value* find(std::string_view name) const;
  [[nodiscard]] std::optional<double> number(std::string_view name) const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }  // sorted by name

  // Names whose value differs or that only one side has; sorted.
  [[nodiscard]] std::vector<std::string> difference(const Configuration& other) const;
  // This configuration with the entries of `changes` set over it.
  [[nodiscard]] Configuration with(const Configuration& changes) const;
  // Stable over processes and versions: the first 16 hexadecimal digits of a 64-bit hash of the canonical text.
  [[nodiscard]] std::string fingerprint() const;
  // "cpu=0.5 gc=G1": canonical, sorted, numbers in shortest exact form.
  [[nodiscard]] std::string to_string() const;

  bool operator==(const Configuration&) const = default;

 private:
  std::vector<Entry> entries_;
};

}  // namespace trimtab::model
