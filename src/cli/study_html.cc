// The HTML report of a study.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/html.h"
#include "cli/study_report.h"

namespace trimtab::cli {
namespace {

constexpr double kWidth = 640;
constexpr double kHeight = 240;
constexpr double kMargin = 48;

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ink:#1c2733;--soft:#5d6b7a;--line:#d5dde5;--page:#fff;--good:#0b7a75;--bad:#b3261e;--dim:#8fa1b3}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa8b6;--line:#334250;--page:#10171e;--good:#4cc9c0;--bad:#ff8a80;--dim:#5b6c7d}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:72rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.3rem 0}pre{white-space:pre-wrap;background:color-mix(in srgb,var(--line) 35%,transparent);padding:.8rem;border-radius:.4rem}
table{border-collapse:collapse;width:100%;font-size:.85rem}th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line);white-space:nowrap}td.n{text-align:right;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}.soft{color:var(--soft)}svg{max-width:100%;height:auto}svg text{fill:var(--soft);font:11px system-ui,sans-serif}.axis{stroke:var(--line)}
.good{fill:var(--good)}.bad{fill:var(--bad)}.dim{fill:var(--dim)}circle.past{opacity:.35}tr.past td{color:var(--soft)}.change{stroke:var(--soft);stroke-dasharray:4 3}.curve{fill:none;stroke:var(--good);stroke-width:2}tr.best td{font-weight:600}.grid{display:flex;flex-wrap:wrap;gap:1rem}.grid>figure{margin:0;flex:1 1 18rem}figcaption{font-size:.85rem}
)";

struct Span {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void cover(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  // Where the value lies, 0 to 1; in the middle when all are equal.
  [[nodiscard]] double part(double value) const { return high > low ? (value - low) / (high - low) : 0.5; }
};

struct Plot {
  double width = kWidth;
  double height = kHeight;
  Span x;
  Span y;
  [[nodiscard]] double px(double value) const { return kMargin + x.part(value) * (width - kMargin - 12); }
  [[nodiscard]] double py(double value) const { return height - 28 - y.part(value) * (height - 44); }
  [[nodiscard]] std::string frame(const std::string& left, const std::string& right) const {
    return fmt::format(
        "<line class=axis x1={0} y1={2} x2={1} y2={2} /><line class=axis x1={0} y1=12 x2={0} y2={2} />"
        "<text x={3} y={4} text-anchor=end>{5}</text><text x={3} y=18 text-anchor=end>{6}</text>"
        "<text x={0} y={7}>{8}</text><text x={1} y={7} text-anchor=end>{9}</text>",
        kMargin, width - 8, height - 20, kMargin - 6, height - 24, short_number(y.low), short_number(y.high),
        height - 4, html_escaped(left), html_escaped(right));
  }
};

std::string_view dot_class(const engine::Experiment& experiment) {
  if (experiment.past) return experiment.feasible ? "\"good past\"" : "\"bad past\"";
  return experiment.feasible ? "good" : "bad";
}

std::string dot(const Plot& plot, const engine::Experiment& experiment, double x) {
  return fmt::format("<circle class={} cx={:.1f} cy={:.1f} r=3.5><title>experiment {}: {}{}</title></circle>",
                     dot_class(experiment), plot.px(x), plot.py(*experiment.goal), experiment.number,
                     short_number(*experiment.goal), experiment.past ? ", before measurements changed" : "");
}

std::string svg(const Plot& plot, const std::string& inside, const std::string& label) {
  return fmt::format("<svg viewBox=\"0 0 {} {}\" width={} role=img aria-label=\"{}\">{}</svg>", plot.width, plot.height,
                     plot.width, html_escaped(label), inside);
}

// The best so far, anew in every era.
std::string best_curve(const Plot& plot, const StudyReport& report) {
  const auto course = engine::best_so_far(report.definition.problem.objective, report.experiments);
  std::string curve;
  std::string points;
  const auto end_of_era = [&] {
    if (!points.empty()) curve += fmt::format("<polyline class=curve points=\"{}\" />", points);
    points.clear();
  };
  for (std::size_t i = 0; i < report.experiments.size(); ++i) {
    const engine::Experiment& experiment = report.experiments[i];
    if (i > 0 && report.experiments[i - 1].era != experiment.era) end_of_era();
    if (!course[i]) continue;
    if (!points.empty()) points += fmt::format("{:.1f},{:.1f} ", plot.px(experiment.number), plot.py(*course[i - 1]));
    points += fmt::format("{:.1f},{:.1f} ", plot.px(experiment.number), plot.py(*course[i]));
  }
  end_of_era();
  return curve;
}

// A line before the first experiment of an era.
std::string change_mark(const Plot& plot, const engine::Change& change) {
  const double x = plot.px(change.experiment - 0.5);
  const bool leftwards = 2 * x > plot.width;
  return fmt::format(
      "<line class=change x1={0:.1f} y1=12 x2={0:.1f} y2={1} /><text x={2:.1f} y=18 text-anchor={3}>measurements "
      "changed, trial {4}</text>",
      x, plot.height - 20, leftwards ? x - 4 : x + 4, leftwards ? "end" : "start", change.trial);
}

std::string course_plot(const StudyReport& report) {
  Plot plot;
  for (const engine::Experiment& experiment : report.experiments) {
    if (!experiment.goal) continue;
    plot.x.cover(experiment.number);
    plot.y.cover(*experiment.goal);
  }
  if (plot.x.low > plot.x.high) return "<p>Nothing was measured.</p>";
  const std::vector<engine::Change> changes = engine::changes(report.state);
  for (const engine::Change& change : changes)
    plot.x.cover(change.experiment);
  std::string inside = plot.frame("experiment " + short_number(plot.x.low), short_number(plot.x.high));
  for (const engine::Experiment& experiment : report.experiments) {
    if (experiment.goal) inside += dot(plot, experiment, experiment.number);
  }
  inside += best_curve(plot, report);
  std::string label = "Goal of each experiment and the best so far";
  for (const engine::Change& change : changes) {
    inside += change_mark(plot, change);
    label += fmt::format("; measurements changed with trial {}, before experiment {}", change.trial, change.experiment);
  }
  return svg(plot, inside, label);
}

double position_of(const model::Parameter& parameter, const model::Value& value) {
  if (value.is_number()) return value.number();
  const auto found = std::ranges::find(parameter.values, value.text());
  return static_cast<double>(found - parameter.values.begin());
}

std::string scatter_plot(const StudyReport& report, const model::Parameter& parameter) {
  Plot plot;
  plot.width = 320;
  plot.height = 180;
  for (const engine::Experiment& experiment : report.experiments) {
    const model::Value* value = experiment.configuration.find(parameter.name);
    if (!experiment.goal || !value) continue;
    plot.x.cover(position_of(parameter, *value));
    plot.y.cover(*experiment.goal);
  }
  if (plot.x.low > plot.x.high) return "";
  const auto name_of = [&](double x) {
    return parameter.is_number() ? short_number(x) : parameter.values[static_cast<std::size_t>(x)];
  };
  std::string inside = plot.frame(name_of(plot.x.low), name_of(plot.x.high));
  for (const engine::Experiment& experiment : report.experiments) {
    const model::Value* value = experiment.configuration.find(parameter.name);
    if (experiment.goal && value) inside += dot(plot, experiment, position_of(parameter, *value));
  }
  return "<figure>" + svg(plot, inside, "Goal over " + parameter.name) + "<figcaption>" + html_escaped(parameter.name) +
         (parameter.unit.empty() ? "" : ", " + html_escaped(parameter.unit)) + "</figcaption></figure>";
}

std::string importance_plot(const StudyReport& report) {
  if (report.importance.empty()) return "<p class=soft>Too few experiments to say.</p>";
  constexpr double kRow = 22;
  Plot plot;
  plot.height = kRow * static_cast<double>(report.importance.size()) + 8;
  std::string inside;
  double y = 4;
  for (const optimizer::Importance& one : report.importance) {
    const double alone = std::max(1.0, 320 * one.share);
    const double together = 320 * one.interaction;
    inside += fmt::format(
        "<text x=170 y={0} text-anchor=end>{1}</text><rect class=good x=178 y={2} width={3:.1f} height=14 rx=2 />"
        "<rect class=dim x={4:.1f} y={2} width={5:.1f} height=14 />"
        "<text x={6:.1f} y={0}>{7:.0f} %, with others {8:.0f} %</text>",
        y + 14, html_escaped(one.parameter), y + 3, alone, 178 + alone, together, 184 + alone + together,
        100 * one.share, 100 * one.interaction);
    y += kRow;
  }
  return svg(plot, inside,
             "Share of the goal's variation that each parameter explains by itself, and only together with others");
}

std::string outcome(const engine::Experiment& experiment) {
  const std::string what = experiment.failed ? "failed" : experiment.feasible ? "hold" : "broken";
  return experiment.past ? what + " (past)" : what;
}

std::string row_class(const engine::Experiment& experiment, const engine::Experiment* best) {
  if (experiment.past) return " class=past";
  return best && best->number == experiment.number ? " class=best" : "";
}

std::string table(const StudyReport& report) {
  std::string html = "<div class=scroll><table><thead><tr><th>#</th><th>Goal</th><th>SLOs</th>";
  const auto& parameters = report.definition.problem.space.parameters();
  const auto& slos = report.definition.problem.objective.slos();
  for (const model::Parameter& parameter : parameters)
    html += "<th>" + html_escaped(parameter.name) + "</th>";
  for (const model::Slo& slo : slos)
    html += "<th>" + html_escaped(slo.text.empty() ? slo.name : slo.text) + "</th>";
  html += "<th>Trials</th><th>Why</th></tr></thead><tbody>\n";
  const engine::Experiment* best = engine::best_experiment(report.definition.problem.objective, report.experiments);
  for (const engine::Experiment& experiment : report.experiments) {
    html += fmt::format("<tr{}><td class=n>{}</td><td class=n>{}</td><td>{}</td>", row_class(experiment, best),
                        experiment.number, experiment.goal ? short_number(*experiment.goal) : "-", outcome(experiment));
    for (const model::Parameter& parameter : parameters) {
      const model::Value* value = experiment.configuration.find(parameter.name);
      html += "<td class=n>" + (value ? html_escaped(value_text(*value)) : "-") + "</td>";
    }
    for (std::size_t k = 0; k < slos.size(); ++k)
      html += "<td class=n>" + (k < experiment.slos.size() ? short_number(experiment.slos[k]) : "-") + "</td>";
    html += fmt::format("<td class=n>{}</td><td>{}</td></tr>\n", experiment.trials,
                        html_escaped(experiment.failed ? experiment.failure : experiment.why));
  }
  return html + "</tbody></table></div>";
}

}  // namespace

std::string report_html(const StudyReport& report) {
  std::string scatters;
  for (const model::Parameter& parameter : report.definition.problem.space.parameters())
    scatters += scatter_plot(report, parameter);
  return fmt::format(
      "<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport "
      "content=\"width=device-width,initial-scale=1\"><title>Study {0}</title><style>{1}</style></head>\n<body>"
      "<h1>Study {0}</h1><p class=soft>{2} · {3}</p><pre>{4}</pre>"
      "<h2>Course</h2><p class=soft>Each dot is an experiment: green holds every SLO, red does not. The line is the "
      "best so far.{9}</p>{5}"
      "<h2>What moved the goal</h2>{6}<h2>Goal over each parameter</h2><div class=grid>{7}</div>"
      "<h2>Experiments</h2>{8}</body></html>\n",
      html_escaped(report.definition.name), kStyle, html_escaped(report.definition.goal_text),
      html_escaped(format_rfc3339(report.state.created)), html_escaped(report_text(report)), course_plot(report),
      importance_plot(report), scatters, table(report),
      report.state.changes.empty() ? "" : " Pale is what was measured before measurements changed (past).");
}

}  // namespace trimtab::cli
