// Telemetry instances of the reference product: PromQL is carried over; what another source measures is named beside
// the pack's metric that stands for the same.
#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "packs/import_writer.h"

namespace trimtab::packs {
namespace {

using yaml::Kind;
using yaml::Node;

// Dynatrace's keys and the built-in packs' metrics of the same thing.
// https://docs.dynatrace.com/docs/analyze-explore-automate/metrics-classic/built-in-metrics
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kDynatraceKeys{{
    {"builtin:service.response.time", "web_application.p95"},
    {"builtin:service.requestCount.total", "web_application.arrivals"},
    {"builtin:service.errors.", "web_application.errors"},
    {"builtin:containers.cpu.usage", "container.cpu_used"},
    {"builtin:containers.cpu.throttled", "container.throttled_time"},
    {"builtin:containers.memory.residentSetBytes", "container.memory_working_set"},
    {"builtin:kubernetes.container.oom_kills", "container.oom_kills"},
    {"builtin:kubernetes.container.restarts", "container.restarts"},
    {"builtin:kubernetes.workload.cpu_usage", "container.cpu_used"},
    {"builtin:kubernetes.workload.cpu_throttled", "container.throttled_time"},
    {"builtin:kubernetes.workload.memory_working_set", "container.memory_working_set"},
    {"builtin:tech.jvm.memory.pool.used", "jvm.heap_used"},
    {"builtin:tech.jvm.memory.gc.suspensionTime", "jvm.gc_time_ratio"},
    {"builtin:tech.jvm.threads.count", "jvm.threads"},
}};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// The end of a matcher by a property of the component, `job=~"$JOB$"`, that begins at `at`; npos when there is none.
std::size_t property_matcher_end(std::string_view query, std::size_t at) {
  std::size_t i = at;
  while (i < query.size() && is_name(query[i]))
    ++i;
  if (i == at) return std::string_view::npos;
  if (query.substr(i).starts_with("=~")) {
    i += 2;
  } else if (query.substr(i).starts_with("=")) {
    i += 1;
  }
  if (!query.substr(i).starts_with("\"$")) return std::string_view::npos;
  const auto end = query.find('"', i + 1);
  return end == std::string_view::npos || query[end - 1] != '$' ? std::string_view::npos : end + 1;
}

// Matchers by properties of the component become one $LABELS$; the window is $WINDOW$ here.
std::string promql_of(std::string query) {
  replace_all(query, "%FILTERS%", "$LABELS$");
  replace_all(query, "$DURATION$", "$WINDOW$");
  std::string out;
  bool labels = false;  // in this selector, already
  for (std::size_t i = 0; i < query.size();) {
    const bool begins = i > 0 && (query[i - 1] == '{' || query[i - 1] == ',' || query[i - 1] == ' ');
    const std::size_t end = begins ? property_matcher_end(query, i) : std::string::npos;
    if (end == std::string::npos) {
      if (query[i] == '{') labels = query.substr(i, query.find('}', i) - i).contains("$LABELS$");
      out += query[i] == '\n' ? ' ' : query[i];
      ++i;
      continue;
    }
    if (!labels) out += "$LABELS$";
    i = end;
    const bool was_first = labels;
    labels = true;
    if (was_first) {  // with the comma before it
      while (!out.empty() && (out.back() == ',' || out.back() == ' '))
        out.pop_back();
    }
  }
  return out;
}

void leave_foreign(const std::string& what, const std::string& key, const std::string& provider, ImportWriter& writer) {
  const auto known =
      std::ranges::find_if(kDynatraceKeys, [&](const auto& entry) { return key.starts_with(entry.first); });
  if (known != kDynatraceKeys.end()) {
    const auto dot = known->second.find('.');
    return writer.leave(what, fmt::format("\"{}\" is what the pack {} has as {}", key, known->second.substr(0, dot),
                                          known->second.substr(dot + 1)));
  }
  writer.leave(what, fmt::format("\"{}\" is asked of {}; write the PromQL of the same as a metric", key, provider));
}

}  // namespace

Result<Imported> import_telemetry(const Node& root) {
  const std::string provider = text_of(root, "provider");
  std::string kind = provider;
  std::ranges::transform(kind, kind.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  ImportWriter writer;
  writer.out = fmt::format("apiVersion: trimtab.dev/v1\nkind: Pack\nname: {}\nversion: 1.0.0\nmetrics:",
                           name_of(text_of(root, "name", "imported")));
  std::string metrics;
  const Node& list = *root.find("metrics");
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const Node& item = list.items[i];
    const std::string name = text_of(item, "metric", text_of(item, "name"));
    const std::string query = text_of(item, "datasourceMetric", text_of(item, "datasourceName"));
    const std::string what = fmt::format("metrics[{}] {}", i, name);
    if (name.empty() || query.empty()) {
      writer.leave(what, "it has no name or no query");
    } else if (!kind.contains("prometheus")) {
      leave_foreign(what, query, provider, writer);
    } else {
      metrics += fmt::format("  - name: {}\n    query: {}\n", name_of(name), quoted(promql_of(query)));
      if (const std::string value = text_of(item, "defaultValue"); !value.empty())
        metrics += fmt::format("    default: {}\n", value);
      for (const char* field : {"aggregation", "scale", "extras", "staticLabels"})
        if (item.find(field) != nullptr)
          writer.leave(what, fmt::format("{} is not carried over; say it in the query", field));
    }
  }
  writer.out += metrics.empty() ? " []\n" : "\n" + metrics;
  if (root.find("config") != nullptr)
    writer.leave("config", "the address belongs to the application (prometheus: url)");
  return Imported{"Pack", std::move(writer.out), std::move(writer.left_out)};
}

}  // namespace trimtab::packs
