// MetricsText: Prometheus' text format, version 0.0.4. Not thread safe.
// https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace trimtab::api {

class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // Begins a metric: the samples that follow belong to it. Type: "counter" or "gauge".
  void metric(std::string_view name, std::string_view type, std::string_view description);
  void sample(double value, Labels labels = {});
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string name_;
  std::string text_;
};

}  // namespace trimtab::api
