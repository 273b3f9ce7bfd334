#include <ostream>

#include "scan/report.h"
#include <nlohmann/json.hpp>

namespace trimtab::scan {
namespace {

using Json = nlohmann::json;

Json number(std::optional<double> value) {
  return value ? Json(*value) : Json();
}

Json sizes_json(const Sizes& sizes) {
  return {{"cpuRequest", number(sizes.cpu_request)},
          {"cpuLimit", number(sizes.cpu_limit)},
          {"memoryRequestMiB", number(sizes.memory_request_mib)},
          {"memoryLimitMiB", number(sizes.memory_limit_mib)},
          {"hpaCpuTarget", number(sizes.hpa_cpu_target_ratio)}};
}

Json usage_json(const packs::UsageFacts& usage) {
  return {{"days", usage.window_days},
          {"cpuMean", number(usage.cpu_mean)},
          {"cpuP95", number(usage.cpu_p95)},
          {"cpuMax", number(usage.cpu_max)},
          {"memoryP95MiB", number(usage.memory_p95_mib)},
          {"memoryMaxMiB", number(usage.memory_max_mib)},
          {"throttledRatio", number(usage.throttled_ratio)},
          {"oomKills", number(usage.oom_kills)},
          {"restarts", number(usage.restarts)},
          {"liveHeapMiB", number(usage.live_heap_mib)}};
}

Json findings_json(const std::vector<packs::Finding>& findings) {
  Json list = Json::array();
  for (const packs::Finding& finding : findings) {
    list.push_back({{"code", finding.code},
                    {"severity", packs::severity_name(finding.severity)},
                    {"title", finding.title},
                    {"evidence", finding.evidence},
                    {"risk", finding.risk},
                    {"remedy", finding.remedy},
                    {"source", finding.source}});
  }
  return list;
}

Json total_json(const Total& total) {
  return {{"containers", total.containers},
          {"recommended", total.recommended},
          {"findings", total.findings},
          {"costNow", total.cost_now},
          {"costRecommended", total.cost_recommended}};
}

Json signals_json(const Signals& signals) {
  return {{"metric", signals.metric},
          {"requestsPerSecond", signals.requests_per_second},
          {"errorRatio", number(signals.error_ratio)},
          {"p95Ms", number(signals.p95_ms)}};
}

Json container_json(const ContainerEntry& entry, const Assessment& a) {
  Json made{{"namespace", entry.space},
            {"kind", entry.kind},
            {"workload", entry.workload},
            {"container", entry.name},
            {"role", role_name(entry.role)},
            {"image", entry.facts.image},
            {"replicas", a.mean_replicas},
            {"gitOwner", entry.git_owner},
            {"autoscaler", entry.autoscaler},
            {"vpa", entry.has_vpa},
            {"runtime", packs::runtime_name(a.runtime)},
            {"runtimeEvidence", a.runtime_evidence},
            {"usage", usage_json(a.usage)},
            {"now", sizes_json(a.now)},
            {"recommended", sizes_json(a.recommended)},
            {"changes", a.changes},
            {"confidence", a.confidence},
            {"risk", risk_name(a.risk)},
            {"reasons", a.reasons},
            {"findings", findings_json(a.findings)},
            {"costNow", a.cost_now},
            {"costRecommended", a.cost_recommended}};
  if (entry.facts.hpa) {
    made["hpa"] = {{"min", entry.facts.hpa->min_replicas},
                   {"max", entry.facts.hpa->max_replicas},
                   {"cpuTarget", number(entry.facts.hpa->cpu_target_ratio)}};
  }
  return made;
}

}  // namespace

namespace {

Json container_of(const Report& report, const Assessment& a) {
  Json made = container_json(report.inventory.containers[a.index], a);
  if (const Signals* signals = report.signals_of(a.index)) made["signals"] = signals_json(*signals);
  return made;
}

// Everything but the containers.
Json head_json(const Report& report) {
  Json spaces = Json::object();
  for (const auto& [space, total] : report.by_space)
    spaces[space] = total_json(total);
  Json notes = report.inventory.notes;
  for (const std::string& note : report.measured.notes)
    notes.push_back(note);
  return {
      {"source", report.source},
      {"at", format_rfc3339(report.at)},
      {"prices",
       {{"currency", report.prices.currency},
        {"cpuCoreMonth", report.prices.cpu_core_month},
        {"memoryGibMonth", report.prices.memory_gib_month}}},
      {"total", total_json(report.total)},
      {"namespaces", spaces},
      {"notes", notes},
      {"prometheus",
       {{"queries", report.measured.queries}, {"points", report.measured.points}, {"splits", report.measured.splits}}}};
}

// Names of a cluster are bytes that may be no UTF-8; what is not becomes U+FFFD.
std::string text_of(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Json report_json(const Report& report) {
  Json made = head_json(report);
  Json& containers = made["containers"] = Json::array();
  for (const Assessment& a : report.assessments)
    containers.push_back(container_of(report, a));
  return made;
}

void write_report_json(std::ostream& out, const Report& report) {
  std::string head = text_of(head_json(report));
  head.erase(head.find_last_of('}'));
  while (head.ends_with('\n'))
    head.pop_back();
  out << head << ",\n  \"containers\": [";
  const char* between = "\n";
  for (const Assessment& a : report.assessments) {
    out << between << text_of(container_of(report, a));
    between = ",\n";
  }
  out << "\n]}\n";
}

}  // namespace trimtab::scan
