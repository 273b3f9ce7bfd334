#include "yaml/reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/spelling.h"

namespace trimtab::yaml {
namespace {

std::string shown(const Node& node) {
  switch (node.kind) {
    case Kind::kScalar:
      return fmt::format("\"{}\"", node.text.substr(0, 64));
    case Kind::kSequence:
      return "a list";
    case Kind::kMapping:
      return "a mapping";
  }
  return "?";
}

}  // namespace

void Faults::add(const SourcePosition& at, std::string field, std::string what, std::string hint) {
  Error error = invalid_input(std::move(what), std::move(field), std::move(hint));
  error.position = at;
  errors_.push_back(std::move(error));
}

void Faults::add(Error error, const SourcePosition& at, const std::string& field) {
  // A formula's own column counts within its text: shift it into the line (a quote shifts it by one more; close enough
  // for an eye, exact for plain scalars).
  const int column = error.position.column > 0 ? at.column + error.position.column - 1 : at.column;
  error.position = {at.file, at.line, column};
  error.field = error.field.empty() || field.ends_with(error.field) ? field : field + "." + error.field;
  errors_.push_back(std::move(error));
}

Result<void> Faults::result() const {
  if (errors_.empty()) return {};
  Error first = errors_.front();
  for (std::size_t i = 1; i < errors_.size(); ++i) {
    first.hint += fmt::format("{}also: {}", first.hint.empty() && i == 1 ? "" : "; ", errors_[i].to_string());
    if (i == 9 && errors_.size() > 10) {
      first.hint += fmt::format("; and {} more", errors_.size() - 10);
      break;
    }
  }
  return fail(std::move(first));
}

MappingReader::MappingReader(const Node& node, std::string path, Faults& faults)
    : node_(node), path_(std::move(path)), faults_(faults) {
  if (node.kind != Kind::kMapping) {
    faults_.add(node.position, path_, fmt::format("expected a mapping, found {}", shown(node)));
  }
}

std::string MappingReader::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
}

const Node* MappingReader::take(std::string_view name) {
  if (std::ranges::find(known_, name) == known_.end()) known_.emplace_back(name);
  const Node* node = node_.find(name);
  return node == nullptr || node->is_null() ? nullptr : node;
}

const Node* MappingReader::take_required(std::string_view name) {
  const Node* node = take(name);
  if (node == nullptr && node_.kind == Kind::kMapping) {
    faults_.add(node_.position, path_of(name), fmt::format("the field \"{}\" is missing", name));
  }
  return node;
}

void MappingReader::fault(std::string_view name, std::string what, std::string hint) {
  const Node* node = node_.find(name);
  faults_.add(node == nullptr ? node_.position : node->position, path_of(name), std::move(what), std::move(hint));
}

std::string MappingReader::text(std::string_view name) {
  const Node* node = take_required(name);
  if (node == nullptr) return {};
  auto value = scalar_text(*node);
  if (value && !value->empty()) return *value;
  faults_.add(node->position, path_of(name), fmt::format("expected a text, found {}", shown(*node)));
  return {};
}

std::string MappingReader::text(std::string_view name, std::string fallback) {
  const Node* node = take(name);
  if (node == nullptr) return fallback;
  auto value = scalar_text(*node);
  if (value) return *value;
  faults_.add(std::move(value).error(), node->position, path_of(name));
  return fallback;
}

std::optional<double> MappingReader::optional_number(std::string_view name) {
  const Node* node = take(name);
  if (node == nullptr) return std::nullopt;
  auto value = scalar_number(*node);
  if (value) return *value;
  faults_.add(std::move(value).error(), node->position, path_of(name));
  return std::nullopt;
}

double MappingReader::number(std::string_view name, double fallback) {
  return optional_number(name).value_or(fallback);
}

double MappingReader::number(std::string_view name) {
  if (take_required(name) == nullptr) return 0;
  return optional_number(name).value_or(0);
}

int MappingReader::integer(std::string_view name, int fallback, int least, int most) {
  const auto value = optional_number(name);
  if (!value) return fallback;
  if (*value == std::floor(*value) && *value >= least && *value <= most) return static_cast<int>(*value);
  fault(name, fmt::format("expected a whole number from {} to {}, found {}", least, most, *value));
  return fallback;
}

bool MappingReader::boolean(std::string_view name, bool fallback) {
  const Node* node = take(name);
  if (node == nullptr) return fallback;
  if (node->kind == Kind::kScalar && !node->quoted && (node->text == "true" || node->text == "false")) {
    return node->text == "true";
  }
  faults_.add(node->position, path_of(name), fmt::format("expected true or false, found {}", shown(*node)));
  return fallback;
}

Duration MappingReader::duration(std::string_view name, Duration fallback) {
  const Node* node = take(name);
  if (node == nullptr) return fallback;
  if (node->kind == Kind::kScalar) {
    auto value = parse_duration(node->text);
    if (value) return *value;
    faults_.add(std::move(value).error(), node->position, path_of(name));
  } else {
    faults_.add(node->position, path_of(name), fmt::format("expected a duration, found {}", shown(*node)));
  }
  return fallback;
}

Duration MappingReader::duration(std::string_view name) {
  if (take_required(name) == nullptr) return {};
  return duration(name, Duration{});
}

std::string MappingReader::choice(std::string_view name, const std::vector<std::string>& choices,
                                  std::string fallback) {
  const Node* node = fallback.empty() ? take_required(name) : take(name);
  if (node == nullptr) return fallback.empty() ? choices.front() : fallback;
  if (node->kind == Kind::kScalar && (std::ranges::find(choices, node->text) != choices.end())) return node->text;
  faults_.add(node->position, path_of(name),
              fmt::format("expected one of {}, found {}", fmt::join(choices, ", "), shown(*node)));
  return choices.front();
}

std::vector<std::string> MappingReader::text_list(std::string_view name) {
  std::vector<std::string> result;
  each(name, [&](const Node& item, const std::string& path) {
    auto value = scalar_text(item);
    if (value) {
      result.push_back(*value);
    } else {
      faults_.add(std::move(value).error(), item.position, path);
    }
  });
  return result;
}

void MappingReader::each(std::string_view name, const std::function<void(const Node&, const std::string&)>& visit) {
  const Node* node = take(name);
  if (node == nullptr) return;
  if (node->kind != Kind::kSequence) {
    faults_.add(node->position, path_of(name), fmt::format("expected a list, found {}", shown(*node)));
    return;
  }
  for (std::size_t i = 0; i < node->items.size(); ++i)
    visit(node->items[i], fmt::format("{}[{}]", path_of(name), i));
}

void MappingReader::each_entry(std::string_view name,
                               const std::function<void(const std::string&, const Node&, const std::string&)>& visit) {
  const Node* node = take(name);
  if (node == nullptr) return;
  if (node->kind != Kind::kMapping) {
    faults_.add(node->position, path_of(name), fmt::format("expected a mapping, found {}", shown(*node)));
    return;
  }
  for (const auto& [key, value] : node->entries)
    visit(key, value, fmt::format("{}.{}", path_of(name), key));
}

void MappingReader::finish() {
  for (std::size_t i = 0; i < node_.entries.size(); ++i) {
    const std::string& name = node_.entries[i].first;
    if (std::ranges::find(known_, name) != known_.end()) continue;
    std::string hint = spelling_hint(name, known_, "known fields");
    faults_.add(node_.key_positions[i], path_of(name), fmt::format("unknown field \"{}\"", name), std::move(hint));
  }
}

Result<double> scalar_number(const Node& node) {
  if (node.kind == Kind::kScalar && !node.quoted && !node.text.empty()) {
    double value = 0;
    std::string_view text = node.text;
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status == std::errc{} && end == text.data() + text.size() && std::isfinite(value)) return value;
    if (status == std::errc{} && std::isfinite(value) && end != text.data()) {
      return fail(invalid_input(fmt::format("expected a plain number, found {}", shown(node)), {},
                                "leave the unit out; it is the unit of the parameter or metric"));
    }
  }
  return fail(invalid_input(fmt::format("expected a number, found {}", shown(node))));
}

Result<std::string> scalar_text(const Node& node) {
  if (node.kind == Kind::kScalar) return node.text;
  return fail(invalid_input(fmt::format("expected a text, found {}", shown(node))));
}

void expect_kind(MappingReader& reader, std::string_view kind) {
  const std::string version = reader.text("apiVersion");
  const std::string found = reader.text("kind");
  if (!version.empty() && version != "trimtab.dev/v1") {
    reader.fault("apiVersion", fmt::format("unknown version \"{}\"", version), "write apiVersion: trimtab.dev/v1");
  }
  if (!found.empty() && found != kind) {
    reader.fault("kind", fmt::format("expected kind {}, found {}", kind, found));
  }
}

}  // namespace trimtab::yaml
