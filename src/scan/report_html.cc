// The report as a page that is sent by mail or kept with a ticket: it works from a file, without a network.
#include "scan/report.h"
#include <fmt/format.h>

#include "base/html.h"

namespace trimtab::scan {
namespace {

constexpr std::size_t kLongestText = 1000;

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Trimtab scan</title><style>
:root{--ink:#1b1f24;--dim:#5b6470;--line:#dfe3e8;--back:#fff;--soft:#f5f7f9;--good:#0a6b3d;--warning:#8a5300;--danger:#b00020}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--dim:#9aa4b0;--line:#333a42;--back:#15181c;--soft:#1d2126;--good:#5fd39a;
--warning:#f0b35a;--danger:#ff7b8a}}
body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem;color:var(--ink);background:var(--back)}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.2rem 0}.dim{color:var(--dim)}.good{color:var(--good)}
.figures{display:flex;flex-wrap:wrap;gap:1rem;margin:1.2rem 0}.figures div{background:var(--soft);border-radius:.5rem;padding:.6rem 1rem}
.figures b{display:block;font-size:1.3rem;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}th,td{padding:.35rem .6rem;text-align:left;vertical-align:top;white-space:nowrap}
th{color:var(--dim);font-weight:600;border-bottom:1px solid var(--line)}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
tbody tr:first-child td{border-top:1px solid var(--line)}tr.why td{white-space:normal;padding-top:0}
td.name{white-space:normal;overflow-wrap:anywhere;min-width:12rem}
summary{cursor:pointer;color:var(--dim);overflow-wrap:anywhere}details ul{margin:.3rem 0 .6rem;padding-left:1.2rem;overflow-wrap:anywhere}
.warning{color:var(--warning)}.danger{color:var(--danger)}.spaces{width:auto}
</style></head><body>
)";

std::string html(std::string_view text) {
  return html_escaped(printable(text, kLongestText));
}

std::string saving_of(double now, double recommended) {
  const double saving = now - recommended;
  return fmt::format("<span class=\"{}\">{:.2f}</span>", saving > 0 ? "good" : "dim", saving);
}

std::string head_of(const Report& report) {
  const Total& total = report.total;
  std::string out(kHead);
  out +=
      fmt::format("<h1>Trimtab scan</h1><p class=\"dim\">{}, {}</p>", html(report.source), format_rfc3339(report.at));
  const std::string currency = html(report.prices.currency);
  out += fmt::format(
      "<div class=\"figures\"><div><b>{}</b>containers</div><div><b>{}</b>with a recommendation</div>"
      "<div><b>{}</b>findings</div><div><b>{:.2f}</b>{} a month now</div><div><b>{:.2f}</b>{} as "
      "recommended</div></div>",
      total.containers, total.recommended, total.findings, total.cost_now, currency, total.cost_recommended, currency);
  out += fmt::format(
      "<p class=\"dim\">Costs are of requests: {} {} a core, {} {} a GiB, for a month. CPU and memory: "
      "request/limit.</p>",
      report.prices.cpu_core_month, currency, report.prices.memory_gib_month, currency);
  for (const auto* notes : {&report.inventory.notes, &report.measured.notes}) {
    for (const std::string& note : *notes)
      out += "<p class=\"warning\">Note: " + html(note) + "</p>";
  }
  return out;
}

std::string spaces_of(const Report& report) {
  std::string out =
      "<h2>By namespace</h2><div class=\"wide\"><table class=\"spaces\"><thead><tr><th>Namespace</th>"
      "<th class=\"n\">Containers</th><th class=\"n\">Findings</th><th class=\"n\">Now</th>"
      "<th class=\"n\">Recommended</th><th class=\"n\">Saving</th></tr></thead>\n";
  for (const auto& [space, total] : report.by_space) {
    out += fmt::format(
        "<tbody><tr><td class=\"name\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{:.2f}</td>"
        "<td class=\"n\">{:.2f}</td><td class=\"n\">{}</td></tr></tbody>\n",
        html(space), total.containers, total.findings, total.cost_now, total.cost_recommended,
        saving_of(total.cost_now, total.cost_recommended));
  }
  return out + "</table></div>\n";
}

// What is seen of it closed: the findings' titles, or that there are reasons.
std::string why_of(const Assessment& a) {
  if (a.findings.empty() && a.reasons.empty()) return {};
  std::string summary;
  std::string items;
  for (const packs::Finding& finding : a.findings) {
    summary += fmt::format("{}<span class=\"{}\">{} {}</span>", summary.empty() ? "" : " · ",
                           packs::severity_name(finding.severity), html(finding.code), html(finding.title));
    items += fmt::format("<li>{} {}: {}. {}</li>", html(finding.code), html(finding.title), html(finding.evidence),
                         html(finding.remedy));
  }
  for (const std::string& reason : a.reasons)
    items += "<li>" + html(reason) + "</li>";
  return fmt::format(
      "<tr class=\"why\"><td colspan=\"8\"><details><summary>{}</summary><ul>{}</ul></details></td></tr>",
      summary.empty() ? "why" : summary, items);
}

std::string container_of(const ContainerEntry& e, const Assessment& a) {
  const std::string runtime =
      a.runtime == packs::RuntimeKind::kUnknown ? "" : fmt::format(", {}", packs::runtime_name(a.runtime));
  std::string out = fmt::format(
      "<tbody><tr><td class=\"name\"><b>{}</b> {}<br><span class=\"dim\">{} in {}, {:.3g} replicas{}</span></td>",
      html(e.workload), html(e.name), html(e.kind), html(e.space), a.mean_replicas, runtime);
  const auto sizes = [&](const std::string& now, const std::string& wanted) {
    out += fmt::format("<td>{}</td><td>{}</td>", now, !a.changes || now == wanted ? "" : "<b>" + wanted + "</b>");
  };
  sizes(cpu_text(a.now), cpu_text(a.recommended));
  sizes(memory_text(a.now), memory_text(a.recommended));
  out += fmt::format("<td>{}</td><td class=\"n\">{:.2f}</td><td class=\"n\">{}</td></tr>",
                     a.changes ? risk_name(a.risk) : "", a.cost_now, saving_of(a.cost_now, a.cost_recommended));
  return out + why_of(a) + "</tbody>\n";
}

}  // namespace

std::string report_html(const Report& report) {
  std::string out = head_of(report) + spaces_of(report);
  out +=
      "<h2>Containers</h2><div class=\"wide\"><table><thead><tr><th>Container</th><th>CPU</th><th>New CPU</th>"
      "<th>Memory</th><th>New memory</th><th>Risk</th><th class=\"n\">Cost</th><th class=\"n\">Saving</th></tr>"
      "</thead>\n";
  for (const Assessment& a : report.assessments)
    out += container_of(report.inventory.containers[a.index], a);
  return out + "</table></div></body></html>\n";
}

}  // namespace trimtab::scan
