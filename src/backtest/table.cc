#include "backtest/table.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace trimtab::backtest {
namespace {

Row& row_of(BacktestTable& table, std::string_view name) {
  const auto found = std::find_if(table.rows.begin(), table.rows.end(), [&](const Row& r) { return r.name == name; });
  if (found != table.rows.end()) return *found;
  table.rows.push_back({std::string(name), {}, {}});
  return table.rows.back();
}

void add_outcome(BacktestTable& table, std::string_view name, const std::string& family, const Outcome& outcome) {
  Row& row = row_of(table, name);
  row.fleet.add(outcome);
  row.families[family].add(outcome);
}

std::string line(const std::string& name, const Outcome& o, const Outcome* product, const scan::Prices& prices) {
  const double equal = product ? o.cost_at_violations_of(*product, prices) : 0;
  return fmt::format(
      "{:<20} {:>8.2f} {:>9.3f} {:>9.0f} {:>9.3f} {:>9.3f} {:>9.3f} {:>9.3f} {:>8.2f} {:>9} {:>10}\n", name,
      o.cost(prices), o.minutes > 0 ? o.cpu_minutes / o.minutes : 0, o.minutes > 0 ? o.memory_minutes / o.minutes : 0,
      o.short_share() * 100, o.needed_cores > 0 ? o.lacking_cores / o.needed_cores * 100 : 0,
      o.minutes > 0 ? o.throttled / o.minutes * 100 : 0, o.kills_a_week(),
      o.minutes > 0 ? o.changes / o.minutes * 10080 : 0, product ? fmt::format("{:.2f}", equal) : std::string("-"),
      product ? fmt::format("{:.3f}", o.short_share_at_cost_of(*product, prices) * 100) : "-");
}

constexpr std::string_view kHead =
    "                         cost     cores       MiB   short %   lack %  throttl.%   kills/wk  chg/wk   =short,cost "
    "=cost,short%\n";

nlohmann::json outcome_json(const Outcome& o, const Outcome* product, const scan::Prices& prices) {
  const double minutes = std::max(1.0, o.minutes);
  nlohmann::json made{{"cost", o.cost(prices)},
                      {"cores", o.cpu_minutes / minutes},
                      {"memoryMiB", o.memory_minutes / minutes},
                      {"shortShare", o.short_share()},
                      {"lackingShare", o.needed_cores > 0 ? o.lacking_cores / o.needed_cores : 0.0},
                      {"throttledShare", o.throttled / minutes},
                      {"killsPerReplicaWeek", o.kills_a_week()},
                      {"memoryShortShare", o.memory.share_above(1)},
                      {"changes", o.changes}};
  if (product) {
    made["costAtTrimtabsViolations"] = o.cost_at_violations_of(*product, prices);
    made["shortShareAtTrimtabsCost"] = o.short_share_at_cost_of(*product, prices);
  }
  return made;
}

}  // namespace

const Row* BacktestTable::find(std::string_view name) const {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

void add_trace(BacktestTable& table, const Trace& trace, const ReplayOptions& options, const scan::SizingPolicy& policy,
               const std::vector<Contestant>& others) {
  ++table.traces;
  add_outcome(table, kAsSet, trace.family, replay_as_set(trace, options));
  std::vector<Contestant> all = contestants(policy);
  all.insert(all.end(), others.begin(), others.end());
  for (const Contestant& contestant : all) {
    const auto recommender = contestant.make(trace);
    add_outcome(table, contestant.name, trace.family, replay(trace, *recommender, options));
  }
  add_outcome(table, kGreatestNeed, trace.family, replay_greatest_need(trace, options));
}

std::string table_text(const BacktestTable& table, const scan::Prices& prices, bool by_family) {
  const Row* product = table.find(table.against);
  std::string text(kHead);
  for (const Row& row : table.rows)
    text += line(row.name, row.fleet, product ? &product->fleet : nullptr, prices);
  if (!by_family || !product) return text;
  for (const auto& [family, mine] : product->families) {
    text += "\n" + family + "\n";
    for (const Row& row : table.rows) {
      const auto found = row.families.find(family);
      if (found != row.families.end()) text += line("  " + row.name, found->second, &mine, prices);
    }
  }
  return text;
}

nlohmann::json table_json(const BacktestTable& table, const scan::Prices& prices) {
  const Row* product = table.find(table.against);
  nlohmann::json rows = nlohmann::json::array();
  for (const Row& row : table.rows) {
    nlohmann::json made = outcome_json(row.fleet, product ? &product->fleet : nullptr, prices);
    made["name"] = row.name;
    for (const auto& [family, outcome] : row.families) {
      const auto mine = product ? product->families.find(family) : row.families.end();
      made["families"][family] =
          outcome_json(outcome, product && mine != product->families.end() ? &mine->second : nullptr, prices);
    }
    rows.push_back(std::move(made));
  }
  return {
      {"traces", table.traces}, {"against", table.against}, {"currency", prices.currency}, {"rows", std::move(rows)}};
}

}  // namespace trimtab::backtest
