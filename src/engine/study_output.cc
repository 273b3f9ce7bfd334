#include "engine/study_output.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <regex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "json/json.h"

namespace trimtab::engine {
namespace {

constexpr std::size_t kLongestLine = 64 * 1024;
constexpr std::size_t kShown = 80;

json::Limits limits() {
  json::Limits limits;
  limits.bytes = 16 * 1024 * 1024;
  return limits;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::optional<nlohmann::json> find_json(std::string_view output) {
  if (auto whole = json::parse(output, limits())) return std::move(*whole);
  const auto lines = lines_of(output);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (!line->starts_with('{')) continue;
    if (auto parsed = json::parse(*line, limits())) return std::move(*parsed);
  }
  return std::nullopt;
}

std::vector<std::string> path_parts(std::string_view path) {
  const char separator = path.starts_with('/') ? '/' : '.';
  if (separator == '/') path.remove_prefix(1);
  std::vector<std::string> parts;
  while (true) {
    const auto end = path.find(separator);
    parts.emplace_back(path.substr(0, end));
    if (end == std::string_view::npos) return parts;
    path.remove_prefix(end + 1);
  }
}

Error trouble(const OutputMetric& metric, const std::string& what) {
  return invalid_input(fmt::format("the load test's output has no \"{}\": {}", metric.name, what), metric.name);
}

Result<double> finite(const OutputMetric& metric, double number) {
  if (!std::isfinite(number)) return fail(trouble(metric, "it is not a finite number"));
  return number * metric.scale;
}

Result<double> by_path(const OutputMetric& metric, const std::optional<nlohmann::json>& document) {
  if (!document) return fail(trouble(metric, "the output holds no JSON object"));
  const nlohmann::json* at = &*document;
  for (const std::string& part : path_parts(metric.json)) {
    if (at->is_object() && at->contains(part)) {
      at = &(*at)[part];
      continue;
    }
    std::size_t index = 0;
    const auto [end, fault] = std::from_chars(part.data(), part.data() + part.size(), index);
    if (at->is_array() && fault == std::errc() && end == part.data() + part.size() && index < at->size()) {
      at = &(*at)[index];
      continue;
    }
    return fail(trouble(metric, fmt::format("\"{}\" of the path {} does not exist", part, metric.json)));
  }
  if (!at->is_number()) return fail(trouble(metric, "what stands at " + metric.json + " is not a number"));
  return finite(metric, at->get<double>());
}

Result<double> by_regex(const OutputMetric& metric, const std::vector<std::string_view>& lines) {
  try {
    const std::regex pattern(metric.regex);
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
      if (line->size() > kLongestLine) continue;
      std::match_results<std::string_view::const_iterator> match;
      if (!std::regex_search(line->begin(), line->end(), match, pattern) || match.size() < 2) continue;
      const std::string text = match[1].str();
      double number = 0;
      const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (fault != std::errc() || end != text.data() + text.size()) {
        return fail(trouble(metric, fmt::format("\"{}\" is not a number", text.substr(0, kShown))));
      }
      return finite(metric, number);
    }
  } catch (const std::regex_error& error) {
    return fail(trouble(metric, error.what()));
  }
  return fail(trouble(metric, "no line matches " + metric.regex));
}

}  // namespace

Result<model::Metrics> parse_output(std::string_view output, const std::vector<OutputMetric>& metrics) {
  const auto lines = lines_of(output);
  std::optional<nlohmann::json> document;
  bool searched = false;
  model::Metrics found;
  for (const OutputMetric& metric : metrics) {
    if (!metric.json.empty() && !searched) {
      document = find_json(output);
      searched = true;
    }
    TRY_ASSIGN(const double number, metric.json.empty() ? by_regex(metric, lines) : by_path(metric, document));
    found[metric.name] = number;
  }
  return found;
}

Result<void> check_output_metric(const OutputMetric& metric) {
  if (metric.json.empty() == metric.regex.empty()) {
    return fail(invalid_input("a metric of the load test has either json or regex", "json"));
  }
  if (metric.regex.empty()) return {};
  try {
    if (std::regex(metric.regex).mark_count() < 1) {
      return fail(invalid_input("the regular expression has no group", "regex", "put the number in ( )"));
    }
  } catch (const std::regex_error& error) {
    return fail(invalid_input(fmt::format("not a regular expression: {}", error.what()), "regex"));
  }
  return {};
}

}  // namespace trimtab::engine
