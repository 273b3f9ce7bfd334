#include "scan/series_answer.h"

#include <charconv>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

namespace trimtab::scan {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMaxMessage = 300;

Error error_in(dom::object answer) {
  const std::string_view kind = answer["errorType"];
  const std::string_view said = answer["error"];
  const std::string text(said.substr(0, kMaxMessage));
  // https://github.com/prometheus/prometheus/blob/v2.42.0/promql/engine.go (ErrTooManySamples, ErrQueryTimeout)
  if (text.contains("too many samples") || text.contains("exceeded maximum resolution")) {
    return exhausted("Prometheus: " + text);
  }
  // A deadline that passes while series are being read comes as a fault of execution.
  const bool late = kind == "execution" && (text.contains("deadline exceeded") || text.contains("context canceled"));
  if (kind == "timeout" || kind == "canceled" || late) return deadline_exceeded("Prometheus gave up: " + text);
  if (kind == "unavailable" || kind == "internal") return unavailable("Prometheus cannot answer: " + text);
  return invalid_input(fmt::format("Prometheus refuses the query ({}): {}", kind, text));
}

void add_point(dom::array pair, std::vector<Point>& points) {
  const std::string_view text = pair.at(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return;  // NaN, +Inf
  points.push_back({double(pair.at(0)), value});
}

void visit_all(dom::object data, const std::function<void(const Series&)>& visit) {
  const std::string_view type = data["resultType"];
  std::vector<Point> points;
  for (const dom::object element : dom::array(data["result"])) {
    points.clear();
    if (type == "matrix") {
      for (const dom::array pair : dom::array(element["values"]))
        add_point(pair, points);
    } else {
      add_point(element["value"], points);
    }
    const dom::object labels = element["metric"];
    const auto label = [&labels](std::string_view name) {
      std::string_view value;
      return labels[name].get(value) == simdjson::SUCCESS ? value : std::string_view();
    };
    visit(Series{label, points});
  }
}

}  // namespace

Result<void> read_series(std::string_view body, const std::function<void(const Series&)>& visit) {
  try {
    dom::parser parser;
    const dom::object answer = parser.parse(body.data(), body.size());
    const std::string_view status = answer["status"];
    if (status == "error") return fail(error_in(answer));
    visit_all(answer["data"], visit);
    return {};
  } catch (const simdjson::simdjson_error& error) {
    return fail(unavailable(std::string("the answer is not one of Prometheus' query API: ") + error.what(),
                            "check --prometheus"));
  }
}

}  // namespace trimtab::scan
