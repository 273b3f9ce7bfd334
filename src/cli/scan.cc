// trimtab scan: what a fleet asks for, what it uses, what it should have. Reads only.
#include <algorithm>
#include <fstream>
#include <memory>
#include <ostream>
#include <set>

#include "scan/cluster_inventory.h"
#include "scan/prometheus_inventory.h"
#include "scan/report.h"
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/table.h"

namespace trimtab::cli {
namespace {

struct ScanOptions {
  std::string kubeconfig;
  std::string context;
  bool no_cluster = false;
  std::string prometheus;
  std::string token_file;
  std::string matchers;
  std::vector<std::string> spaces;
  std::string selector;
  std::string window = "14d";
  std::string deadline = "10m";
  int concurrency = 2;
  std::string output = "table";
  std::string sort = "saving";
  std::string only = "all";
  std::string fail_on = "never";
  double fail_saving = 0;
  std::string patches;
  scan::Prices prices;
};

bool is_severe(const scan::Assessment& a, packs::Severity least) {
  return std::any_of(a.findings.begin(), a.findings.end(), [&](const auto& f) { return f.severity >= least; });
}

scan::SortBy sort_of(const std::string& text) {
  if (text == "risk") return scan::SortBy::kRisk;
  if (text == "name") return scan::SortBy::kName;
  if (text == "severity") return scan::SortBy::kSeverity;
  return scan::SortBy::kSaving;
}

Result<scan::Inventory> read_inventory(const ScanOptions& options, const scan::MeasureOptions& measuring,
                                       const net::HttpClient& http, const Clock& clock, std::string& source,
                                       Streams& streams) {
  if (options.no_cluster) {
    if (options.prometheus.empty()) {
      return fail(invalid_input("without a cluster a Prometheus is needed", "--prometheus", "give its address"));
    }
    source = "Prometheus";
    return scan::read_prometheus_inventory(http, measuring, options.spaces);
  }
  TRY_ASSIGN(kubernetes::Access access,
             kubernetes::load_access(kubernetes::access_options_from_environment(options.kubeconfig, options.context)));
  source = "cluster " + access.context;
  kubernetes::ClientOptions client_options;
  std::vector<std::string> warnings;
  client_options.on_warning = [&](const std::string& text) { warnings.push_back("the API server warns: " + text); };
  const kubernetes::Client client(std::move(access), clock, client_options);
  scan::InventoryOptions reading;
  reading.spaces = options.spaces;
  reading.label_selector = options.selector;
  reading.stop = streams.stop;
  TRY_ASSIGN(scan::Inventory inventory, scan::read_cluster(client, reading));
  inventory.notes.insert(inventory.notes.end(), warnings.begin(), warnings.end());
  return inventory;
}

Result<scan::MeasureOptions> measure_options(const ScanOptions& options, const Clock& clock, Streams& streams) {
  scan::MeasureOptions made;
  made.url = options.prometheus;
  made.token_file = options.token_file;
  made.matchers = options.matchers;
  made.end = clock.now();
  TRY_ASSIGN(made.window, parse_duration(options.window));
  TRY_ASSIGN(made.deadline, parse_duration(options.deadline));
  if (made.window < std::chrono::hours(1)) {
    return fail(invalid_input("the window is shorter than an hour", "--window", "14d sees two of every weekday"));
  }
  made.fine_window = std::min(made.fine_window, made.window);
  made.concurrency = options.concurrency;
  made.stop = streams.stop;
  return made;
}

Result<scan::Report> make_report(const ScanOptions& options, Streams& streams) {
  const SystemClock clock;
  const net::HttpClient http;
  TRY_ASSIGN(const scan::MeasureOptions measuring, measure_options(options, clock, streams));
  scan::Report report;
  report.at = measuring.end;
  report.prices = options.prices;
  TRY_ASSIGN(report.inventory, read_inventory(options, measuring, http, clock, report.source, streams));
  const scan::SizingPolicy policy;
  const auto assess = [&](std::size_t index, const scan::HourlyUse& use) {
    report.assessments.push_back(scan::assess(report.inventory.containers[index], index, use, policy, options.prices));
    if (streams.terminal) {
      streams.err << fmt::format("\r{} of {} containers", report.assessments.size(), report.inventory.containers.size())
                  << std::flush;
    }
  };
  if (options.prometheus.empty()) {
    report.inventory.notes.emplace_back("no Prometheus was given: findings from the configuration only");
    for (std::size_t i = 0; i < report.inventory.containers.size(); ++i)
      assess(i, {});
  } else {
    if (!options.no_cluster) report.source += ", Prometheus";
    TRY_ASSIGN(report.measured, scan::measure(report.inventory, http, measuring, assess));
  }
  if (streams.terminal) streams.err << "\r\x1b[K";
  std::erase_if(report.assessments, [&](const scan::Assessment& a) {
    return (options.only == "recommended" && !a.changes) || (options.only == "findings" && a.findings.empty());
  });
  scan::finish_report(report, sort_of(options.sort));
  return report;
}

void print_tables(std::ostream& out, const scan::Report& report, bool wide) {
  Table table({{"NAMESPACE"},
               {"WORKLOAD"},
               {"CONTAINER"},
               {"KIND", true},
               {"REPLICAS", true, true},
               {"RUNTIME"},
               {"CPU"},
               {"NEW CPU"},
               {"MEMORY"},
               {"NEW MEMORY"},
               {"P95 CPU", true, true},
               {"MAX MIB", true, true},
               {"RISK"},
               {"SEEN", false, true},
               {"COST", false, true},
               {"NEW", false, true},
               {"FINDINGS"}});
  for (const scan::Assessment& a : report.assessments) {
    const scan::ContainerEntry& e = report.inventory.containers[a.index];
    std::set<std::string> codes;
    for (const auto& finding : a.findings)
      codes.insert(finding.code);
    table.add({scan::printable(e.space, 24), scan::printable(e.workload, 32), scan::printable(e.name, 24), e.kind,
               fmt::format("{:.3g}", a.mean_replicas), std::string(packs::runtime_name(a.runtime)), cpu_text(a.now),
               a.changes ? cpu_text(a.recommended) : "", memory_text(a.now),
               a.changes ? memory_text(a.recommended) : "",
               a.usage.cpu_p95 ? fmt::format("{:.3f}", *a.usage.cpu_p95) : "-",
               a.usage.memory_max_mib ? fmt::format("{:.0f}", *a.usage.memory_max_mib) : "-",
               a.changes ? std::string(risk_name(a.risk)) : "", fmt::format("{:.0f} %", a.confidence * 100),
               fmt::format("{:.2f}", a.cost_now), fmt::format("{:.2f}", a.cost_recommended),
               fmt::format("{}", fmt::join(codes, " "))});
  }
  table.print(out, wide);
  Table spaces({{"NAMESPACE"},
                {"CONTAINERS", false, true},
                {"FINDINGS", false, true},
                {"COST/MONTH", false, true},
                {"RECOMMENDED", false, true},
                {"SAVING", false, true}});
  const auto add = [&](const std::string& name, const scan::Total& total) {
    spaces.add({scan::printable(name, 40), std::to_string(total.containers), std::to_string(total.findings),
                fmt::format("{:.2f}", total.cost_now), fmt::format("{:.2f}", total.cost_recommended),
                fmt::format("{:.2f}", total.cost_now - total.cost_recommended)});
  };
  for (const auto& [space, total] : report.by_space)
    add(space, total);
  add("all", report.total);
  out << '\n';
  spaces.print(out, wide);
  out << fmt::format("\nCosts are of requests, in {} a month ({} a core, {} a GiB). CPU and memory: request/limit.\n",
                     report.prices.currency, report.prices.cpu_core_month, report.prices.memory_gib_month);
  for (const std::string& note : report.inventory.notes)
    out << "note: " << scan::printable(note, 300) << '\n';
}

Result<void> print_report(const ScanOptions& options, const scan::Report& report, Streams& streams) {
  if (options.output == "csv") {
    streams.out << scan::report_csv(report);
  } else if (options.output == "html") {
    streams.out << scan::report_html(report);
  } else if (options.output == "json") {
    print_json(streams.out, scan::report_json(report));
  } else if (options.output == "yaml") {
    print_yaml(streams.out, scan::report_json(report));
  } else {
    print_tables(streams.out, report, options.output == "wide");
  }
  if (options.patches.empty()) return {};
  std::ofstream file(options.patches);
  file << scan::report_patches(report);
  file.close();
  if (!file) return fail(unavailable("the patches cannot be written to " + options.patches));
  return {};
}

Result<void> scan_fleet(const ScanOptions& options, Streams& streams) {
  TRY_ASSIGN(const scan::Report report, make_report(options, streams));
  TRY(print_report(options, report, streams));
  const auto count = [&](packs::Severity least) {
    return std::count_if(report.assessments.begin(), report.assessments.end(),
                         [&](const auto& a) { return is_severe(a, least); });
  };
  const auto severe = options.fail_on == "danger"    ? count(packs::Severity::kDanger)
                      : options.fail_on == "warning" ? count(packs::Severity::kWarning)
                                                     : 0;
  if (severe > 0)
    return fail(exhausted(fmt::format("{} containers have findings of {} or worse", severe, options.fail_on)));
  const double saving = report.total.cost_now - report.total.cost_recommended;
  if (options.fail_saving > 0 && saving > report.total.cost_now * options.fail_saving / 100) {
    return fail(exhausted(fmt::format("{:.0f} % of the cost could be saved, {:.0f} % are allowed",
                                      saving / report.total.cost_now * 100, options.fail_saving)));
  }
  return {};
}

void add_where(CLI::App& command, ScanOptions& options) {
  command.add_option("--kubeconfig", options.kubeconfig, "Kubeconfig; by default as kubectl finds it");
  command.add_option("--context", options.context, "Context of the kubeconfig");
  command.add_flag("--no-cluster", options.no_cluster, "Read the inventory from Prometheus (kube-state-metrics)");
  command.add_option("--prometheus", options.prometheus,
                     "Address of Prometheus; without it only configuration is seen");
  command.add_option("--token-file", options.token_file, "Bearer token for Prometheus");
  command.add_option("--matchers", options.matchers, "More matchers for every series: cluster=\"prod\"");
  command.add_option("-n,--namespace", options.spaces, "Namespace; may be repeated; all by default");
  command.add_option("-l,--selector", options.selector, "Labels of the workloads");
}

void add_how(CLI::App& command, ScanOptions& options) {
  command.add_option("--window", options.window, "How far back to look")->capture_default_str();
  command.add_option("--deadline", options.deadline, "For the whole scan")->capture_default_str();
  command.add_option("--concurrency", options.concurrency, "Queries at a time")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  command.add_option("-o,--output", options.output, "table, wide, json, yaml, csv or html")
      ->check(CLI::IsMember({"table", "wide", "json", "yaml", "csv", "html"}))
      ->capture_default_str();
  command.add_option("--sort", options.sort, "saving, risk, severity or name")
      ->check(CLI::IsMember({"saving", "risk", "severity", "name"}))
      ->capture_default_str();
  command.add_option("--only", options.only, "all, recommended or findings")
      ->check(CLI::IsMember({"all", "recommended", "findings"}))
      ->capture_default_str();
  command.add_option("--fail-on", options.fail_on, "Exit with 1 on findings: warning, danger or never")
      ->check(CLI::IsMember({"warning", "danger", "never"}))
      ->capture_default_str();
  command.add_option("--fail-saving", options.fail_saving,
                     "Exit with 1 when more than this share could be saved, in %");
  command.add_option("--patches", options.patches, "Write strategic merge patches to this file");
  command.add_option("--cpu-price", options.prices.cpu_core_month, "A core for a month")->capture_default_str();
  command.add_option("--memory-price", options.prices.memory_gib_month, "A GiB for a month")->capture_default_str();
  command.add_option("--currency", options.prices.currency, "Of the prices")->capture_default_str();
}

}  // namespace

void add_scan(CLI::App& root, Actions& actions) {
  CLI::App* command =
      root.add_subcommand("scan", "What a cluster's containers ask for, use and should have; reads only");
  const auto options = std::make_shared<ScanOptions>();
  add_where(*command, *options);
  add_how(*command, *options);
  actions.on(command, [options](Streams& streams) { return scan_fleet(*options, streams); });
}

}  // namespace trimtab::cli
