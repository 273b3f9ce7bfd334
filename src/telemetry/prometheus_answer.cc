#include "telemetry/prometheus_answer.h"

#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <simdjson.h>

namespace trimtab::telemetry {
namespace {

// The document interface, not the on-demand one: in 3.0.1 the latter ends in failed assertions on malformed input
// (found by fuzzing), while the former checks the whole text first.
namespace json = simdjson::dom;

constexpr double kLatestSeconds = 253402300800;  // the year 10000

// "1.5", "1e+06", "NaN", "+Inf", "-Inf": as Go's strconv writes numbers.
std::optional<double> parse_value(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return std::numeric_limits<double>::infinity();
  if (error != std::errc()) return std::nullopt;
  return value;
}

Error not_prometheus(std::string_view why) {
  return unavailable(fmt::format("the answer is not one of Prometheus' query API: {}", why),
                     "check telemetry.prometheus_url");
}

// A pair [seconds, "value"].
engine::SeriesPoint read_point(json::array pair) {
  const auto value = parse_value(std::string_view(pair.at(1)));
  const double seconds = pair.at(0);
  const bool in_range = seconds >= 0 && seconds < kLatestSeconds;
  if (pair.size() != 2 || !value || !in_range) throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
  return {instant_from_seconds(seconds), *value};
}

Error error_in(json::object answer) {
  const std::string_view kind = answer["errorType"];
  const std::string text{std::string_view(answer["error"])};
  if (kind == "timeout" || kind == "canceled") return deadline_exceeded("Prometheus gave up: " + text);
  if (kind == "unavailable" || kind == "internal") return unavailable("Prometheus cannot answer: " + text);
  return invalid_input(fmt::format("Prometheus refuses the query ({}): {}", kind, text));
}

std::vector<engine::SeriesPoint> read_series(json::object element, bool matrix) {
  if (!matrix) return {read_point(element["value"])};
  std::vector<engine::SeriesPoint> points;
  const json::array pairs = element["values"];
  points.reserve(pairs.size());
  for (const json::array pair : pairs)
    points.push_back(read_point(pair));
  return points;
}

// Annotations of the query language ("PromQL info: metric might not be a counter") say nothing about missing data.
std::string read_warnings(json::object answer) {
  json::array warnings;
  if (answer["warnings"].get(warnings) != simdjson::SUCCESS) return {};
  for (const std::string_view text : warnings) {
    if (!text.starts_with("PromQL")) return std::string(text);
  }
  return {};
}

Result<QueryAnswer> read(json::object answer) {
  const std::string_view status = answer["status"];
  if (status == "error") return fail(error_in(answer));
  if (status != "success") return fail(not_prometheus("no status"));
  QueryAnswer result;
  const json::object data = answer["data"];
  const std::string_view type = data["resultType"];
  if (type == "scalar") {
    result.series.push_back({read_point(data["result"])});
  } else if (type == "vector" || type == "matrix") {
    for (const json::object element : json::array(data["result"])) {
      result.series.push_back(read_series(element, type == "matrix"));
    }
  } else {
    return fail(invalid_input(fmt::format("the query yields a {}, not numbers", type)));
  }
  result.partial = read_warnings(answer);
  return result;
}

}  // namespace

Result<QueryAnswer> parse_query_answer(std::string_view body) {
  try {
    json::parser parser;
    return read(parser.parse(body.data(), body.size()));
  } catch (const simdjson::simdjson_error& error) {
    return fail(not_prometheus(error.what()));
  }
}

}  // namespace trimtab::telemetry
