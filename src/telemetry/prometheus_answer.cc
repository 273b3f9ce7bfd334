#include "telemetry/prometheus_answer.h"

#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <simdjson.h>

namespace trimtab::telemetry {
namespace {

namespace json = simdjson::ondemand;

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
  engine::SeriesPoint point;
  int index = 0;
  for (json::value part : pair) {
    if (index == 0) point.at = instant_from_seconds(part.get_double());
    if (index == 1) {
      const auto value = parse_value(part.get_string());
      if (!value) throw simdjson::simdjson_error(simdjson::NUMBER_ERROR);
      point.value = *value;
    }
    ++index;
  }
  if (index != 2) throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
  return point;
}

Error error_in(json::object& answer) {
  const std::string kind{std::string_view(answer["errorType"])};
  const std::string text{std::string_view(answer["error"])};
  if (kind == "timeout" || kind == "canceled") return deadline_exceeded("Prometheus gave up: " + text);
  if (kind == "unavailable" || kind == "internal") return unavailable("Prometheus cannot answer: " + text);
  return invalid_input(fmt::format("Prometheus refuses the query ({}): {}", kind, text));
}

std::vector<engine::SeriesPoint> read_series(json::object element, bool matrix) {
  std::vector<engine::SeriesPoint> points;
  if (matrix) {
    for (json::array pair : element["values"].get_array())
      points.push_back(read_point(pair));
  } else {
    points.push_back(read_point(element["value"].get_array()));
  }
  return points;
}

// Annotations of the query language ("PromQL info: metric might not be a counter") say nothing about missing data.
std::string read_warnings(json::object& answer) {
  json::array warnings;
  if (answer["warnings"].get_array().get(warnings) != simdjson::SUCCESS) return {};
  for (json::value warning : warnings) {
    const std::string_view text = warning.get_string();
    if (!text.starts_with("PromQL")) return std::string(text);
  }
  return {};
}

Result<QueryAnswer> read(json::object answer) {
  const std::string status{std::string_view(answer["status"])};
  if (status == "error") return fail(error_in(answer));
  if (status != "success") return fail(not_prometheus("no status"));
  QueryAnswer result;
  json::object data = answer["data"];
  const std::string type{std::string_view(data["resultType"])};
  if (type == "scalar") {
    result.series.push_back({read_point(data["result"].get_array())});
  } else if (type == "vector" || type == "matrix") {
    for (json::object element : data["result"].get_array()) {
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
    const simdjson::padded_string padded(body);
    json::parser parser;
    json::document document = parser.iterate(padded);
    return read(document.get_object());
  } catch (const simdjson::simdjson_error& error) {
    return fail(not_prometheus(error.what()));
  }
}

}  // namespace trimtab::telemetry
