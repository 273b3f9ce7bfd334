#include "scan/report.h"

#include <algorithm>

#include "kubernetes/quantity.h"
#include <fmt/format.h>

#include "base/utf8.h"

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

// C0, C1 (which terminals obey, too), and what turns the direction of text around.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  const auto second = static_cast<unsigned char>(character[1]);
  if (character.size() == 2) return first == 0xc2 && second < 0xa0;
  if (character.size() != 3 || first != 0xe2) return false;
  const auto third = static_cast<unsigned char>(character[2]);
  return (second == 0x80 && third >= 0xaa && third <= 0xae) || (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

std::string cpu(std::optional<double> cores) {
  return cores ? kubernetes::format_cpu(*cores) : "-";
}
std::string memory(std::optional<double> mebi) {
  return mebi ? kubernetes::format_memory(*mebi * kMebi) : "-";
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
  constexpr std::string_view kCut = "...";
  std::string made;
  std::size_t characters = 0;
  std::size_t fits = 0;  // bytes of `made` that leave room for the cut
  while (!text.empty()) {
    if (characters == longest) return made.substr(0, fits).append(kCut);
    const std::size_t length = utf8_length(text);
    const bool shown = length > 0 && !is_control(text.substr(0, length));
    made += shown ? text.substr(0, length) : "?";
    text.remove_prefix(std::max<std::size_t>(1, length));
    if (++characters <= longest - kCut.size()) fits = made.size();
  }
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

}  // namespace trimtab::scan
