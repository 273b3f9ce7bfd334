#include "json/json.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include <fmt/format.h>

namespace trimtab::json {
namespace {

std::string join(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

Result<const nlohmann::json*> member(const nlohmann::json& object, std::string_view name, std::string_view path) {
  if (!object.is_object()) return fail(invalid_input("expected an object", std::string(path)));
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) {
    return fail(invalid_input(fmt::format("the field \"{}\" is missing", name), join(path, name)));
  }
  return &*found;
}

// Watches the parser for depth and duplicate keys, which nlohmann accepts silently.
class Watcher {
 public:
  explicit Watcher(int limit) : limit_(limit) {}

  bool operator()(int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
    using Event = nlohmann::json::parse_event_t;
    if (depth > limit_) too_deep = true;
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end && !keys_.empty()) keys_.pop_back();
    if (event == Event::key && !keys_.empty() && !keys_.back().insert(value.get<std::string>()).second) {
      duplicate = value.get<std::string>();
    }
    return !too_deep;
  }

  bool too_deep = false;
  std::string duplicate;

 private:
  int limit_;
  std::vector<std::set<std::string>> keys_;
};

// nlohmann's parser keeps its own stack, but an absurd depth still costs memory: count brackets first.
bool deeper_than(std::string_view text, int limit) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_text = false;
      }
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limit) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

Result<nlohmann::json> parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes) return fail(exhausted(fmt::format("the JSON is larger than {} bytes", limits.bytes)));
  if (deeper_than(text, limits.depth)) {
    return fail(exhausted(fmt::format("the JSON is nested deeper than {}", limits.depth)));
  }
  Watcher watcher(limits.depth);
  try {
    auto value = nlohmann::json::parse(text, std::ref(watcher));
    if (!watcher.duplicate.empty()) {
      return fail(invalid_input(fmt::format("the key \"{}\" stands twice", watcher.duplicate), watcher.duplicate));
    }
    return value;
  } catch (const nlohmann::json::parse_error& error) {
    Error result = invalid_input(fmt::format("not valid JSON at byte {}", error.byte));
    result.position.column = static_cast<int>(error.byte);
    return fail(std::move(result));
  } catch (const nlohmann::json::exception& error) {
    return fail(invalid_input(fmt::format("not valid JSON: {}", error.what())));
  }
}

Result<std::string> text(const nlohmann::json& object, std::string_view name, std::string_view path) {
  TRY_ASSIGN(const auto* value, member(object, name, path));
  if (!value->is_string()) return fail(invalid_input("expected a text", join(path, name)));
  return value->get<std::string>();
}

Result<double> number(const nlohmann::json& object, std::string_view name, std::string_view path) {
  TRY_ASSIGN(const auto* value, member(object, name, path));
  if (!value->is_number()) return fail(invalid_input("expected a number", join(path, name)));
  return value->get<double>();
}

Result<std::int64_t> integer(const nlohmann::json& object, std::string_view name, std::string_view path) {
  TRY_ASSIGN(const auto* value, member(object, name, path));
  if (!value->is_number_integer()) return fail(invalid_input("expected a whole number", join(path, name)));
  return value->get<std::int64_t>();
}

Result<bool> boolean(const nlohmann::json& object, std::string_view name, std::string_view path) {
  TRY_ASSIGN(const auto* value, member(object, name, path));
  if (!value->is_boolean()) return fail(invalid_input("expected true or false", join(path, name)));
  return value->get<bool>();
}

Result<void> only(const nlohmann::json& object, std::initializer_list<std::string_view> known, std::string_view path) {
  if (!object.is_object()) return fail(invalid_input("expected an object", std::string(path)));
  for (const auto& [key, value] : object.items()) {
    if (std::ranges::find(known, key) == known.end()) {
      return fail(invalid_input(fmt::format("unknown field \"{}\"", key), join(path, key),
                                fmt::format("known fields: {}", fmt::join(known, ", "))));
    }
  }
  return {};
}

nlohmann::json finite(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

}  // namespace trimtab::json
