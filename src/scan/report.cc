#include "scan/report.h"

#include <algorithm>

#include "kubernetes/quantity.h"
#include <fmt/format.h>

namespace trimtab::scan {
namespace {

constexpr double kMebi = 1024.0 * 1024.0;

double saving(const Assessment& a) {
  return a.cost_now - a.cost_recommended;
}

int worst(const Assessment& a) {
  return a.findings.empty() ? -1 : static_cast<int>(a.findings.front().severity);  // the most severe is first
}

void add(Total& total, const Assessment& a) {
  ++total.containers;
  total.recommended += a.changes ? 1 : 0;
  total.findings += a.findings.size();
  total.cost_now += a.cost_now;
  total.cost_recommended += a.cost_recommended;
}

std::string csv_cell(const std::string& text) {
  std::string cell = printable(text, 1000);
  if (!cell.empty() && std::string_view("=+-@").contains(cell.front())) cell.insert(cell.begin(), '\'');
  if (cell.find_first_of(",\"\n") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell)
    quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string html(std::string_view text) {
  std::string made;
  for (const char c : printable(text, 1000)) {
    switch (c) {
      case '<':
        made += "&lt;";
        break;
      case '>':
        made += "&gt;";
        break;
      case '&':
        made += "&amp;";
        break;
      case '"':
        made += "&quot;";
        break;
      default:
        made += c;
    }
  }
  return made;
}

std::string cpu(std::optional<double> cores) {
  return cores ? kubernetes::format_cpu(*cores) : "-";
}
std::string memory(std::optional<double> mebi) {
  return mebi ? kubernetes::format_memory(*mebi * kMebi) : "-";
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
  std::string made(text.substr(0, longest));
  std::replace_if(made.begin(), made.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  if (text.size() > longest) made.replace(longest - 3, 3, "...");
  return made;
}

std::string cpu_text(const Sizes& sizes) {
  return cpu(sizes.cpu_request) + "/" + cpu(sizes.cpu_limit);
}

std::string memory_text(const Sizes& sizes) {
  return memory(sizes.memory_request_mib) + "/" + memory(sizes.memory_limit_mib);
}

const Signals* Report::signals_of(std::size_t index) const {
  const auto& all = inventory.containers;
  auto found = signals.upper_bound(index);
  if (found == signals.begin()) return nullptr;
  --found;
  const ContainerEntry& first = all[found->first];
  const ContainerEntry& mine = all[index];
  const bool same = first.space == mine.space && first.kind == mine.kind && first.workload == mine.workload;
  return same ? &found->second : nullptr;
}

void finish_report(Report& report, SortBy by) {
  const auto& all = report.inventory.containers;
  const auto before = [&](const Assessment& a, const Assessment& b) {
    if (by == SortBy::kSaving && saving(a) != saving(b)) return saving(a) > saving(b);
    if (by == SortBy::kRisk && a.risk != b.risk) return a.risk > b.risk;
    if (by == SortBy::kSeverity && worst(a) != worst(b)) return worst(a) > worst(b);
    return a.index < b.index;  // the inventory is in the order of names
  };
  std::sort(report.assessments.begin(), report.assessments.end(), before);
  for (const Assessment& a : report.assessments) {
    add(report.total, a);
    add(report.by_space[all[a.index].space], a);
  }
}

std::string report_csv(const Report& report) {
  std::string out =
      "namespace,kind,workload,container,role,replicas,runtime,cpu_request,cpu_limit,memory_request,memory_limit,"
      "cpu_p95,cpu_max,memory_max_mib,throttled,oom_kills,new_cpu_request,new_cpu_limit,new_memory_request,"
      "new_memory_limit,new_hpa_cpu_target,confidence,risk,cost_now,cost_new,findings\n";
  const auto number = [](std::optional<double> v) { return v ? fmt::format("{:.4g}", *v) : std::string(); };
  for (const Assessment& a : report.assessments) {
    const ContainerEntry& e = report.inventory.containers[a.index];
    std::string codes;
    for (const auto& finding : a.findings)
      codes += (codes.empty() ? "" : " ") + finding.code;
    const std::vector<std::string> cells{e.space,
                                         e.kind,
                                         e.workload,
                                         e.name,
                                         std::string(role_name(e.role)),
                                         fmt::format("{:.4g}", a.mean_replicas),
                                         std::string(packs::runtime_name(a.runtime)),
                                         cpu(a.now.cpu_request),
                                         cpu(a.now.cpu_limit),
                                         memory(a.now.memory_request_mib),
                                         memory(a.now.memory_limit_mib),
                                         number(a.usage.cpu_p95),
                                         number(a.usage.cpu_max),
                                         number(a.usage.memory_max_mib),
                                         number(a.usage.throttled_ratio),
                                         number(a.usage.oom_kills),
                                         cpu(a.recommended.cpu_request),
                                         cpu(a.recommended.cpu_limit),
                                         memory(a.recommended.memory_request_mib),
                                         memory(a.recommended.memory_limit_mib),
                                         number(a.recommended.hpa_cpu_target_ratio),
                                         fmt::format("{:.2f}", a.confidence),
                                         std::string(risk_name(a.risk)),
                                         fmt::format("{:.2f}", a.cost_now),
                                         fmt::format("{:.2f}", a.cost_recommended),
                                         codes};
    for (std::size_t i = 0; i < cells.size(); ++i)
      out += (i == 0 ? "" : ",") + (cells[i] == "-" ? std::string() : csv_cell(cells[i]));
    out += "\n";
  }
  return out;
}

std::string report_html(const Report& report) {
  std::string out =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Trimtab scan</title><style>"
      "body{font:14px system-ui,sans-serif;margin:2rem;color:#1a1a1a;background:#fff}table{border-collapse:collapse;"
      "margin:1rem 0}th,td{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:left}td.n,th.n{text-align:right}"
      ".danger{color:#b00020}.warning{color:#8a5300}</style></head><body><h1>Trimtab scan</h1>";
  out += fmt::format(
      "<p>{} at {}. {} containers, {} with a recommendation. {:.2f} {} a month now, {:.2f} as recommended "
      "(by requests, {} {} a core and {} {} a GiB).</p>",
      html(report.source), format_rfc3339(report.at), report.total.containers, report.total.recommended,
      report.total.cost_now, html(report.prices.currency), report.total.cost_recommended, report.prices.cpu_core_month,
      html(report.prices.currency), report.prices.memory_gib_month, html(report.prices.currency));
  out +=
      "<h2>By namespace</h2><table><tr><th>Namespace</th><th class=n>Containers</th><th class=n>Now</th>"
      "<th class=n>Recommended</th></tr>";
  for (const auto& [space, total] : report.by_space) {
    out += fmt::format("<tr><td>{}</td><td class=n>{}</td><td class=n>{:.2f}</td><td class=n>{:.2f}</td></tr>",
                       html(space), total.containers, total.cost_now, total.cost_recommended);
  }
  out +=
      "</table><h2>Containers</h2><table><tr><th>Container</th><th>Runtime</th><th class=n>Replicas</th>"
      "<th>CPU</th><th>New CPU</th><th>Memory</th><th>New memory</th><th>Risk</th><th class=n>Confidence</th>"
      "<th class=n>Now</th><th class=n>New</th><th>Findings</th></tr>";
  for (const Assessment& a : report.assessments) {
    const ContainerEntry& e = report.inventory.containers[a.index];
    std::string findings;
    for (const auto& finding : a.findings) {
      findings += fmt::format("<div class=\"{}\">{} {}: {}</div>", packs::severity_name(finding.severity),
                              html(finding.code), html(finding.title), html(finding.evidence));
    }
    out += fmt::format(
        "<tr><td>{} {}/{} · {}</td><td>{}</td><td class=n>{:.3g}</td><td>{}</td><td>{}</td><td>{}</td>"
        "<td>{}</td><td>{}</td><td class=n>{:.0f} %</td><td class=n>{:.2f}</td><td class=n>{:.2f}</td>"
        "<td>{}</td></tr>",
        html(e.kind), html(e.space), html(e.workload), html(e.name), packs::runtime_name(a.runtime), a.mean_replicas,
        cpu_text(a.now), cpu_text(a.recommended), memory_text(a.now), memory_text(a.recommended), risk_name(a.risk),
        a.confidence * 100, a.cost_now, a.cost_recommended, findings);
  }
  return out + "</table></body></html>\n";
}

}  // namespace trimtab::scan
