#include "model/configuration.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/random.h"

namespace trimtab::model {
namespace {

auto position(const std::vector<Configuration::Entry>& entries, std::string_view name) {
  return std::ranges::lower_bound(entries, name, {},
                                  [](const Configuration::Entry& entry) -> std::string_view { return entry.first; });
}

}  // namespace

Configuration::Configuration(std::initializer_list<Entry> entries) {
  for (const auto& [name, value] : entries)
    set(name, value);
}

void Configuration::set(std::string name, Value value) {
  const auto at = entries_.begin() + (position(entries_, name) - entries_.cbegin());
  if (at != entries_.end() && at->first == name) {
    at->second = std::move(value);
  } else {
    entries_.insert(at, {std::move(name), std::move(value)});
  }
}

void Configuration::erase(std::string_view name) {
  std::erase_if(entries_, [name](const Entry& entry) { return entry.first == name; });
}

const Value* Configuration::find(std::string_view name) const {
  const auto at = position(entries_, name);
  return at != entries_.end() && at->first == name ? &at->second : nullptr;
}

std::optional<double> Configuration::number(std::string_view name) const {
  const Value* value = find(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->number();
}

std::vector<std::string> Configuration::difference(const Configuration& other) const {
  std::vector<std::string> names;
  for (const auto& [name, value] : entries_) {
    const Value* theirs = other.find(name);
    if (theirs == nullptr || !(*theirs == value)) names.push_back(name);
  }
  for (const auto& [name, value] : other.entries_) {
    if (find(name) == nullptr) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

Configuration Configuration::with(const Configuration& changes) const {
  Configuration result = *this;
  for (const auto& [name, value] : changes.entries_)
    result.set(name, value);
  return result;
}

std::string Configuration::to_string() const {
  std::string text;
  for (const auto& [name, value] : entries_) {
    if (!text.empty()) text += ' ';
    text += value.is_number() ? fmt::format("{}={}", name, value.number()) : fmt::format("{}={}", name, value.text());
  }
  return text;
}

std::string Configuration::fingerprint() const {
  return fmt::format("{:016x}", stable_hash(to_string()));
}

}  // namespace trimtab::model
