// trimtab scan: what a fleet asks for, what it uses, what it should have. Reads only.
#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <ostream>
#include <set>

#include "scan/cluster_inventory.h"
#include "scan/exported.h"
#include "scan/prometheus_inventory.h"
#include "scan/report.h"
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/table.h"
#include "cli/values.h"

namespace trimtab::cli {
namespace {

constexpr Duration kLongestDeadline = std::chrono::hours(24);

struct ScanOptions {
  std::string kubeconfig;
  std::string context;
  bool no_cluster = false;
  std::string prometheus;
  std::string metrics;  // a folder of exported series
  std::string token_file;
  std::string matchers;
  std::vector<std::string> spaces;
  std::string selector;
  std::string window = "14d";
  std::string until;
  std::string deadline = "10m";
  int concurrency = 2;
  std::string output = "table";
  std::string sort = "saving";
  std::string only = "all";
  std::string fail_on = "never";
  double fail_saving = 0;
  std::string patches;
  std::string helm_values;
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
  made.part_of_namespaces = !options.selector.empty();
  made.end = clock.now();
  if (!options.until.empty()) {
    const auto until = parse_rfc3339(options.until);
    if (!until) return fail(invalid_input("not a time: " + options.until, "--until", "2026-11-24T08:00:00Z"));
    made.end = *until;
  }
  TRY_ASSIGN(made.window, parse_duration(options.window));
  TRY_ASSIGN(const Duration deadline, parse_duration(options.deadline));
  if (made.window < std::chrono::hours(1) || made.window > scan::kLongestWindow) {
    return fail(invalid_input("the window is not between 1h and 400d", "--window", "14d sees two of every weekday"));
  }
  if (deadline <= Duration::zero() || deadline > kLongestDeadline) {
    return fail(invalid_input("the deadline is not between nothing and 24h", "--deadline", "10m"));
  }
  made.until = std::chrono::steady_clock::now() + deadline;
  made.fine_window = std::min(made.fine_window, made.window);
  made.concurrency = options.concurrency;
  made.stop = streams.stop;
  return made;
}

// What the report is made from; filled in one order, whatever the sources are.
class Scanning {
 public:
  Scanning(const ScanOptions& options, Streams& streams) : options_(options), streams_(streams) {}

  Result<scan::Report> run() {
    TRY_ASSIGN(measuring_, measure_options(options_, clock_, streams_));
    report_.prices = options_.prices;
    TRY(options_.metrics.empty() ? from_servers() : from_folder());
    report_.at = measuring_.end;
    if (streams_.terminal) streams_.err << "\r\x1b[K";
    std::erase_if(report_.assessments, [&](const scan::Assessment& a) {
      return (options_.only == "recommended" && !a.changes) || (options_.only == "findings" && a.findings.empty());
    });
    scan::finish_report(report_, sort_of(options_.sort));
    return std::move(report_);
  }

 private:
  void assess(std::size_t index, const scan::HourlyUse& use) {
    report_.assessments.push_back(
        scan::assess(report_.inventory.containers[index], index, use, scan::SizingPolicy{}, options_.prices));
    if (streams_.terminal && report_.assessments.size() % 100 == 0) {
      streams_.err << fmt::format("\r{} of {} containers", report_.assessments.size(),
                                  report_.inventory.containers.size())
                   << std::flush;
    }
  }

  Result<void> from_servers() {
    TRY_ASSIGN(report_.inventory, read_inventory(options_, measuring_, http_, clock_, report_.source, streams_));
    const auto each = [this](std::size_t index, const scan::HourlyUse& use) { assess(index, use); };
    if (options_.prometheus.empty()) {
      report_.inventory.notes.emplace_back("no Prometheus was given: findings from the configuration only");
      for (std::size_t i = 0; i < report_.inventory.containers.size(); ++i)
        assess(i, {});
      return {};
    }
    if (!options_.no_cluster) report_.source += ", Prometheus";
    TRY_ASSIGN(report_.measured, scan::measure(report_.inventory, http_, measuring_, each));
    TRY_ASSIGN(scan::SignalsReport signals, scan::read_signals(report_.inventory, http_, measuring_));
    report_.signals = std::move(signals.workloads);
    report_.measured.notes.insert(report_.measured.notes.end(), signals.notes.begin(), signals.notes.end());
    note_what_is_missing();
    return {};
  }

  Result<void> from_folder() {
    if (!options_.prometheus.empty()) {
      return fail(invalid_input("a folder of series and a Prometheus exclude each other", "--metrics"));
    }
    TRY_ASSIGN(const scan::ExportedSeries exported, scan::ExportedSeries::open(options_.metrics));
    if (options_.until.empty()) {
      TRY_ASSIGN(measuring_.end, exported.newest());
    }
    report_.source = "series of " + options_.metrics;
    TRY_ASSIGN(report_.inventory, exported.inventory(options_.spaces));
    TRY_ASSIGN(report_.measured,
               scan::measure_exported(report_.inventory, exported, measuring_,
                                      [this](std::size_t index, const scan::HourlyUse& use) { assess(index, use); }));
    note_what_is_missing();
    return {};
  }

  // Silence about a container must not look like an idle one.
  void note_what_is_missing() {
    std::size_t without = 0;
    std::size_t partly = 0;
    for (const scan::Assessment& a : report_.assessments) {
      const bool cpu = a.usage.cpu_mean.has_value();
      const bool memory = a.usage.memory_max_mib.has_value();
      without += !cpu && !memory ? 1 : 0;
      partly += cpu != memory ? 1 : 0;
    }
    auto& notes = report_.measured.notes;
    if (without > 0) notes.push_back(fmt::format("of {} containers no use was seen", without));
    if (partly > 0) notes.push_back(fmt::format("of {} containers only CPU or only memory was seen", partly));
  }

  const ScanOptions& options_;
  Streams& streams_;
  const SystemClock clock_;
  const net::HttpClient http_;
  scan::MeasureOptions measuring_;
  scan::Report report_;
};

std::string codes_of(const scan::Assessment& a) {
  std::set<std::string> codes;
  for (const auto& finding : a.findings)
    codes.insert(finding.code);
  return fmt::format("{}", fmt::join(codes, " "));
}

void print_containers(Streams& streams, const scan::Report& report, bool wide) {
  Table table({{"NAMESPACE"},
               {"WORKLOAD"},
               {"CONTAINER", false, false, 3},
               {"KIND", true},
               {"REPLICAS", true, true},
               {"RUNTIME", false, false, 5},
               {"CPU"},
               {"NEW CPU"},
               {"MEMORY"},
               {"NEW MEMORY"},
               {"P95 CPU", true, true},
               {"MAX MIB", true, true},
               {"REQ/S", true, true},
               {"P95 MS", true, true},
               {"ERRORS", true, true},
               {"RISK", false, false, 2},
               {"SEEN", false, true, 6},
               {"COST", false, true, 1},
               {"NEW", false, true, 1},
               {"FINDINGS", false, false, 4}});
  for (const scan::Assessment& a : report.assessments) {
    const scan::ContainerEntry& e = report.inventory.containers[a.index];
    const scan::Signals* signals = report.signals_of(a.index);
    table.add({scan::printable(e.space, 24),
               scan::printable(e.workload, 32),
               scan::printable(e.name, 24),
               scan::printable(e.kind, 24),
               fmt::format("{:.3g}", a.mean_replicas),
               a.runtime == packs::RuntimeKind::kUnknown ? "-" : std::string(packs::runtime_name(a.runtime)),
               cpu_text(a.now),
               a.changes ? cpu_text(a.recommended) : "",
               memory_text(a.now),
               a.changes ? memory_text(a.recommended) : "",
               a.usage.cpu_p95 ? fmt::format("{:.3f}", *a.usage.cpu_p95) : "-",
               a.usage.memory_max_mib ? fmt::format("{:.0f}", *a.usage.memory_max_mib) : "-",
               signals ? fmt::format("{:.3g}", signals->requests_per_second) : "-",
               signals && signals->p95_ms ? fmt::format("{:.0f}", *signals->p95_ms) : "-",
               signals && signals->error_ratio ? fmt::format("{:.2f} %", *signals->error_ratio * 100) : "-",
               a.changes ? std::string(risk_name(a.risk)) : "",
               fmt::format("{:.0f} %", a.confidence * 100),
               fmt::format("{:.2f}", a.cost_now),
               fmt::format("{:.2f}", a.cost_recommended),
               codes_of(a)});
  }
  std::vector<std::string> left_out;
  if (streams.terminal && !wide) left_out = table.fit(static_cast<std::size_t>(streams.width));
  table.print(streams.out, wide);
  if (!left_out.empty()) {
    streams.out << fmt::format("(there is no room for {}; -o wide has all)\n", fmt::join(left_out, ", "));
  }
}

void print_spaces(std::ostream& out, const scan::Report& report) {
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
  spaces.print(out, false);
}

// What the codes of the first table mean, and of how many containers each is said.
void print_findings(std::ostream& out, const scan::Report& report) {
  std::map<std::string, std::pair<const packs::Finding*, std::size_t>> by_code;
  for (const scan::Assessment& a : report.assessments) {
    for (const packs::Finding& finding : a.findings) {
      auto& [first, count] = by_code[finding.code];
      first = &finding;
      ++count;
    }
  }
  if (by_code.empty()) return;
  Table table({{"FINDING"}, {"SEVERITY"}, {"TIMES", false, true}, {"WHAT"}});
  for (const auto& [code, said] : by_code)
    table.add({code, std::string(packs::severity_name(said.first->severity)), std::to_string(said.second),
               said.first->title});
  out << '\n';
  table.print(out, false);
}

void print_tables(Streams& streams, const scan::Report& report, bool wide) {
  print_containers(streams, report, wide);
  print_spaces(streams.out, report);
  print_findings(streams.out, report);
  streams.out << fmt::format(
      "\nCosts are of requests, in {} a month ({} a core, {} a GiB). CPU and memory: request/limit.\n",
      report.prices.currency, report.prices.cpu_core_month, report.prices.memory_gib_month);
  for (const auto* notes : {&report.inventory.notes, &report.measured.notes}) {
    for (const std::string& note : *notes)
      streams.out << "note: " << scan::printable(note, 300) << '\n';
  }
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) return fail(unavailable("cannot write to " + path));
  return {};
}

Result<void> print_report(const ScanOptions& options, const scan::Report& report, Streams& streams) {
  if (options.output == "csv") {
    streams.out << scan::report_csv(report);
  } else if (options.output == "html") {
    streams.out << scan::report_html(report);
  } else if (options.output == "json") {
    scan::write_report_json(streams.out, report);
  } else if (options.output == "yaml") {
    print_yaml(streams.out, scan::report_json(report));
  } else {
    print_tables(streams, report, options.output == "wide");
  }
  if (!options.patches.empty()) TRY(write_file(options.patches, scan::report_patches(report)));
  if (!options.helm_values.empty()) TRY(write_file(options.helm_values, scan::report_helm_values(report)));
  return {};
}

Result<void> scan_fleet(const ScanOptions& options, Streams& streams) {
  TRY_ASSIGN(const scan::Report report, Scanning(options, streams).run());
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
  command.add_option("--metrics", options.metrics,
                     "Folder of exported series instead of a cluster and a Prometheus (*.json, *.txt)");
  command.add_option("--token-file", options.token_file, "Bearer token for Prometheus");
  command.add_option("--matchers", options.matchers, "More matchers for every series: cluster=\"prod\"");
  command.add_option("-n,--namespace", options.spaces, "Namespace; may be repeated; all by default");
  command.add_option("-l,--selector", options.selector, "Labels of the workloads");
}

void add_how(CLI::App& command, ScanOptions& options) {
  command.add_option("--window", options.window, "How far back to look")->capture_default_str();
  command.add_option("--until", options.until, "End of the window (RFC 3339); now, or the newest exported sample");
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
  command
      .add_option("--fail-saving", options.fail_saving, "Exit with 1 when more than this share could be saved, in %")
      ->check(CLI::Range(0.0, 100.0));
  command.add_option("--patches", options.patches, "Write strategic merge patches to this file");
  command.add_option("--helm-values", options.helm_values, "Write values for Helm to this file");
  command.add_option("--cpu-price", options.prices.cpu_core_month, "A core for a month")
      ->check(price_fault)
      ->capture_default_str();
  command.add_option("--memory-price", options.prices.memory_gib_month, "A GiB for a month")
      ->check(price_fault)
      ->capture_default_str();
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
