#include "simulation/comparison_report.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace trimtab::simulation {
namespace {

using Row = std::array<std::string, 10>;

std::string percent(double share) {
  return fmt::format("{:.1f} %", 100 * share);
}

Row row_of(const Comparison& comparison, const RunOutcome& outcome) {
  const bool reference = outcome.policy == kStatic;
  return {outcome.policy,
          fmt::format("{:.2f}", outcome.cost_month),
          reference ? "-" : percent(comparison.saving(outcome)),
          reference ? "-" : percent(comparison.share_of_oracle(outcome)),
          reference ? "-" : percent(comparison.end_share_of_oracle(outcome)),
          fmt::format("{:.0f}", outcome.breached_steps * comparison.step_minutes),
          fmt::format("{:.2f} %", 100 * outcome.breached_share()),
          fmt::format("{}", outcome.changes),
          fmt::format("{}", outcome.roll_backs),
          fmt::format("{}", outcome.kills)};
}

// Columns in characters, not bytes: names are ASCII here.
std::string aligned(const std::vector<Row>& rows) {
  std::array<std::size_t, std::tuple_size_v<Row>> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = fmt::format("{:<{}}", row[0], widths[0]);
    for (std::size_t i = 1; i < row.size(); ++i)
      line += fmt::format("  {:>{}}", row[i], widths[i]);
    text += line + "\n";
  }
  return text;
}

nlohmann::json configuration_json(const model::Configuration& configuration) {
  nlohmann::json object = nlohmann::json::object();
  for (const auto& [name, value] : configuration.entries()) {
    if (value.is_number()) {
      object[name] = value.number();
    } else if (value.is_text()) {
      object[name] = value.text();
    }
  }
  return object;
}

}  // namespace

std::string comparison_table(const Comparison& comparison) {
  std::vector<Row> rows = {{"POLICY", comparison.currency + "/MONTH", "SAVING", "OF ORACLE'S", "AT THE END",
                            "BREACH min", "BREACH", "CHANGES", "ROLLED BACK", "OOM KILLS"}};
  for (const RunOutcome& outcome : comparison.outcomes)
    rows.push_back(row_of(comparison, outcome));
  return fmt::format("{}: {:g} days, seed {}\n", comparison.scenario, comparison.days, comparison.seed) + aligned(rows);
}

std::string comparison_story(const Comparison& comparison, std::string_view policy) {
  std::string text;
  const RunOutcome* outcome = comparison.find(policy);
  if (!outcome) return text;
  for (const std::string& line : outcome->story)
    text += line + "\n";
  return text;
}

nlohmann::json comparison_json(const Comparison& comparison) {
  nlohmann::json policies = nlohmann::json::array();
  for (const RunOutcome& outcome : comparison.outcomes) {
    policies.push_back({{"policy", outcome.policy},
                        {"cost_month", outcome.cost_month},
                        {"cost_month_end", outcome.cost_end},
                        {"saving", comparison.saving(outcome)},
                        {"share_of_oracle_saving", comparison.share_of_oracle(outcome)},
                        {"share_of_oracle_saving_end", comparison.end_share_of_oracle(outcome)},
                        {"breached_minutes", outcome.breached_steps * comparison.step_minutes},
                        {"breached_share", outcome.breached_share()},
                        {"changes", outcome.changes},
                        {"roll_backs", outcome.roll_backs},
                        {"restarts", outcome.restarts},
                        {"out_of_memory_kills", outcome.kills},
                        {"configuration", configuration_json(outcome.end)},
                        {"story", outcome.story}});
  }
  return {{"scenario", comparison.scenario},
          {"days", comparison.days},
          {"seed", comparison.seed},
          {"currency", comparison.currency},
          {"policies", std::move(policies)}};
}

}  // namespace trimtab::simulation
