#include "backtest/live_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace trimtab::backtest {
namespace {

using nlohmann::json;

constexpr std::string_view kImaginedNote =
    "Imagined: every recommendation in force from when it was proposed, need as recorded. A recording cannot tell how\n"
    "the service would have answered: less heap needs less memory, less CPU longer responses.\n";

double saving(double before, double after) {
  return before > 0 ? (1 - after / before) * 100 : 0;
}

std::string value_text(const model::Value& value) {
  if (value.is_number()) return fmt::format("{:.6g}", value.number());
  if (value.is_text()) return value.text();
  return value.is_boolean() ? (value.boolean() ? "true" : "false") : "-";
}

std::string changes_text(const model::Recommendation& one) {
  std::string text;
  for (const model::Change& change : one.changes) {
    text +=
        fmt::format("    {}: {} -> {}{}{}\n", change.parameter, value_text(change.current), value_text(change.proposed),
                    change.unit.empty() ? "" : " " + change.unit, change.why.empty() ? "" : ": " + change.why);
  }
  return text;
}

std::string risk_text(const model::Recommendation& one) {
  if (!one.confidence) return "SLO risk not weighed";
  return fmt::format("SLO risk {:.1f} %", (1 - *one.confidence) * 100);
}

std::string predictions_text(const model::Recommendation& one) {
  std::string text;
  for (const model::Prediction& p : one.predictions) {
    text += fmt::format("    predicts {} {:.4g} -> {:.4g} ({:.4g} .. {:.4g}){}{} at {:.4g} requests/s\n", p.metric,
                        p.current, p.mean, p.low, p.high, p.unit.empty() ? "" : " ", p.unit, p.at_load);
  }
  return text;
}

// `last`: the newest that says the same again; nullptr: none does.
std::string entry_text(const TimelineEntry& entry, const std::string& currency, const TimelineEntry* last, bool wide) {
  if (entry.what != "recommendation")
    return fmt::format("{}  {}: {}\n", format_rfc3339(entry.at), entry.what, entry.text);
  const model::Recommendation& one = entry.recommendation;
  std::string text =
      fmt::format("{}  recommends: {} {:.2f} -> {:.2f} a month ({:+.1f} %), {}{}\n", format_rfc3339(entry.at), currency,
                  one.cost_current, one.cost_proposed, -saving(one.cost_current, one.cost_proposed), risk_text(one),
                  last == nullptr ? "" : ", repeated until " + format_rfc3339(last->at));
  text += changes_text(one);
  for (const std::string& statement : one.evidence.statements)
    text += "    because " + statement + "\n";
  if (wide) text += predictions_text(one);
  for (const model::Binding& binding : one.bindings)
    text +=
        fmt::format("    bound by {}: {}\n", binding.subject.empty() ? binding.kind : binding.subject, binding.text);
  return text;
}

// How many entries right after `i` recommend the same again.
std::size_t repeats(const std::vector<TimelineEntry>& timeline, std::size_t i) {
  std::size_t more = 0;
  const std::string target = timeline[i].recommendation.target().fingerprint();
  for (std::size_t k = i + 1; k < timeline.size(); ++k) {
    if (timeline[k].what != "recommendation") return more;
    if (timeline[k].recommendation.target().fingerprint() != target) return more;
    ++more;
  }
  return more;
}

std::string timeline_text(const LiveReplay& replay, bool wide) {
  std::string text;
  bool recommended = false;
  for (std::size_t i = 0; i < replay.timeline.size(); ++i) {
    const TimelineEntry& entry = replay.timeline[i];
    const bool recommendation = entry.what == "recommendation";
    const std::size_t more = recommendation && !wide ? repeats(replay.timeline, i) : 0;
    text += entry_text(entry, replay.currency, more > 0 ? &replay.timeline[i + more] : nullptr, wide);
    recommended = recommended || recommendation;
    i += more;
  }
  if (!recommended) {
    text += fmt::format("Nothing would have been recommended{}.\n",
                        replay.waits_for.empty() ? "" : ": " + replay.waits_for);
  }
  return text;
}

json number_or_text(const model::Value& value) {
  if (value.is_number()) return value.number();
  return value_text(value);
}

json recommendation_json(const model::Recommendation& one) {
  json changes = json::array();
  for (const model::Change& change : one.changes) {
    changes.push_back({{"parameter", change.parameter},
                       {"before", number_or_text(change.current)},
                       {"after", number_or_text(change.proposed)},
                       {"unit", change.unit},
                       {"effect", change.effect},
                       {"why", change.why}});
  }
  json predictions = json::array();
  for (const model::Prediction& p : one.predictions) {
    predictions.push_back({{"metric", p.metric},
                           {"current", p.current},
                           {"mean", p.mean},
                           {"low", p.low},
                           {"high", p.high},
                           {"atLoad", p.at_load}});
  }
  return {{"kind", one.kind},
          {"changes", std::move(changes)},
          {"why", one.evidence.statements},
          {"predictions", std::move(predictions)},
          {"costCurrent", one.cost_current},
          {"costProposed", one.cost_proposed},
          {"sloRisk", one.confidence ? json(1 - *one.confidence) : json()}};
}

}  // namespace

std::string live_replay_text(const LiveReplay& replay, bool wide) {
  std::string text =
      fmt::format("{}: recorded from {}, enrolled {}, until {}; {} windows used, {} refused\n\n", replay.application,
                  format_rfc3339(replay.recorded_from), format_rfc3339(replay.enrolled), format_rfc3339(replay.end),
                  replay.windows_usable, replay.windows_refused);
  text += timeline_text(replay, wide);
  text += fmt::format("\nCost a month: {} {:.2f} as recorded, {:.2f} imagined ({:+.1f} %)\n", replay.currency,
                      replay.cost_recorded, replay.cost_imagined, -saving(replay.cost_recorded, replay.cost_imagined));
  for (const SloRecord& slo : replay.slos) {
    text += fmt::format("{}: broken in {} of {} windows, as recorded\n", slo.slo, slo.breached, slo.windows);
  }
  text += kImaginedNote;
  for (const auto& [component, table] : replay.containers) {
    text += fmt::format("\n{}, a replica; {} is what is above, imagined\n", component, kImagined);
    text += table_text(table, replay.prices, false);
  }
  if (!replay.containers.empty()) text += "\n" + std::string(kTableLegend);
  for (const std::string& note : replay.notes)
    text += "Note: " + note + "\n";
  return text;
}

json live_replay_json(const LiveReplay& replay) {
  json timeline = json::array();
  for (const TimelineEntry& entry : replay.timeline) {
    json made{{"at", format_rfc3339(entry.at)}, {"what", entry.what}, {"text", entry.text}};
    if (entry.what == "recommendation") made["recommendation"] = recommendation_json(entry.recommendation);
    timeline.push_back(std::move(made));
  }
  json slos = json::array();
  for (const SloRecord& slo : replay.slos)
    slos.push_back({{"slo", slo.slo}, {"windows", slo.windows}, {"broken", slo.breached}});
  json containers = json::object();
  for (const auto& [component, table] : replay.containers)
    containers[component] = table_json(table, replay.prices);
  return {
      {"application", replay.application},
      {"recordedFrom", format_rfc3339(replay.recorded_from)},
      {"enrolled", format_rfc3339(replay.enrolled)},
      {"end", format_rfc3339(replay.end)},
      {"windows", {{"used", replay.windows_usable}, {"refused", replay.windows_refused}}},
      {"timeline", std::move(timeline)},
      {"waitsFor", replay.waits_for},
      {"cost", {{"currency", replay.currency}, {"recorded", replay.cost_recorded}, {"imagined", replay.cost_imagined}}},
      {"slosAsRecorded", std::move(slos)},
      {"containers", std::move(containers)},
      {"notes", replay.notes}};
}

}  // namespace trimtab::backtest
