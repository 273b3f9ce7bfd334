#include <cstdio>

#include <nlohmann/json.hpp>
#include <time.h>
#include <unistd.h>

#include "api/openapi.h"
#include "api/rest_route.h"
#include "engine/live_json.h"
#include "net/error_response.h"

namespace trimtab::api {
namespace {

Result<net::Response> version(RestContext& context, const net::Request&) {
  const auto& options = context.options;
  return json_response(
      {{"version", options.version}, {"revision", options.revision}, {"started", format_rfc3339(options.started)}});
}

Result<net::Response> openapi(RestContext&, const net::Request&) {
  return text_response("application/json", std::string(openapi_document()));
}

Result<net::Response> healthy(RestContext&, const net::Request&) {
  return text_response("text/plain", "ok\n");
}

Result<net::Response> ready(RestContext& context, const net::Request&) {
  if (context.options.is_ready && !context.options.is_ready()) {
    return fail(unavailable("the server is not ready yet"));
  }
  return text_response("text/plain", "ready\n");
}

// Bytes in memory; 0 where /proc is not there.
double resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  long pages = 0;
  const int read = std::fscanf(file, "%*s %ld", &pages);
  std::fclose(file);
  return read == 1 ? static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)) : 0;
}

double processor_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

void write_process(const RestContext& context, MetricsText& metrics) {
  metrics.metric("trimtab_build_info", "gauge", "The version that runs; always 1.");
  metrics.sample(1, {{"version", context.options.version}, {"revision", context.options.revision}});
  metrics.metric("process_resident_memory_bytes", "gauge", "Resident memory.");
  metrics.sample(resident_bytes());
  metrics.metric("process_cpu_seconds_total", "counter", "Processor time used.");
  metrics.sample(processor_seconds());
  metrics.metric("process_start_time_seconds", "gauge", "Start of the process, in seconds since 1970.");
  metrics.sample(context.options.started.seconds());
  metrics.metric("trimtab_event_streams", "gauge", "Open streams of server-sent events.");
  metrics.sample(context.event_streams);
}

using LiveApplications = std::vector<LiveApplication>;

void write_each(MetricsText& metrics, const LiveApplications& applications, std::string_view name,
                std::string_view type, std::string_view description,
                const std::function<double(const LiveApplication&)>& value) {
  metrics.metric(name, type, description);
  for (const auto& live : applications)
    metrics.sample(value(live), {{"application", live.application.name}});
}

void write_applications(MetricsText& metrics, const LiveApplications& applications) {
  metrics.metric("trimtab_applications", "gauge", "Enrolled applications.");
  metrics.sample(static_cast<double>(applications.size()));
  metrics.metric("trimtab_application_phase", "gauge", "1 for the phase that the application is in.");
  for (const auto& live : applications) {
    metrics.sample(1, {{"application", live.application.name}, {"phase", engine::to_string(live.state.phase)}});
  }
  const auto each = [&](std::string_view name, std::string_view type, std::string_view description, auto value) {
    write_each(metrics, applications, name, type, description, value);
  };
  each("trimtab_engine_steps_total", "counter", "Steps of the live engine since enrolment.",
       [](const auto& live) { return static_cast<double>(live.state.sequence); });
  each("trimtab_windows_usable_total", "counter", "Observation windows that were used.",
       [](const auto& live) { return static_cast<double>(live.state.windows_usable); });
  each("trimtab_windows_refused_total", "counter", "Observation windows that were not used.",
       [](const auto& live) { return static_cast<double>(live.state.windows_refused); });
  each("trimtab_commands_under_way", "gauge", "Commands issued and not yet finished.",
       [](const auto& live) { return static_cast<double>(live.state.under_way.size()); });
  each("trimtab_application_paused", "gauge", "1 when paused.",
       [](const auto& live) { return live.state.paused ? 1.0 : 0.0; });
  each("trimtab_application_healthy", "gauge", "1 when all replicas are ready with one configuration.",
       [](const auto& live) { return live.state.live.healthy ? 1.0 : 0.0; });
  each("trimtab_data_trouble", "gauge", "1 when the metrics are not usable at present.",
       [](const auto& live) { return live.state.data_trouble.empty() ? 0.0 : 1.0; });
  each("trimtab_disturbed", "gauge", "1 while nothing new begins because of trouble around the application.",
       [](const auto& live) { return live.state.disturbance.empty() ? 0.0 : 1.0; });
  each("trimtab_recommendation_open", "gauge", "1 when a recommendation waits for a decision.",
       [](const auto& live) { return live.state.open ? 1.0 : 0.0; });
  each("trimtab_cost_current", "gauge", "Cost of the live configuration per month, in the application's currency.",
       [](const auto& live) { return live.state.cost_current; });
  each("trimtab_cost_baseline", "gauge", "Cost of the configuration at enrolment per month.",
       [](const auto& live) { return live.state.cost_baseline; });
}

Result<net::Response> own_metrics(RestContext& context, const net::Request&) {
  MetricsText metrics;
  write_process(context, metrics);
  write_applications(metrics, context.options.live.applications());
  context.counts.write(metrics);
  if (context.options.more_metrics) context.options.more_metrics(metrics);
  return text_response("text/plain; version=0.0.4; charset=utf-8", metrics.text());
}

}  // namespace

void add_system_routes(Routes& routes) {
  routes.get("/api/v1/version", version);
  routes.get("/api/v1/openapi.json", openapi);
  routes.probe("/healthz", healthy);
  routes.probe("/readyz", ready);
  routes.get("/metrics", own_metrics);
}

}  // namespace trimtab::api
