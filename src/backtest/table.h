// The backtest's table: outcomes of all contestants over many traces, summed over the fleet and by family.
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "backtest/replay.h"
#include <nlohmann/json_fwd.hpp>

namespace trimtab::backtest {

inline constexpr std::string_view kAsSet = "as set";                // by its developers
inline constexpr std::string_view kGreatestNeed = "greatest need";  // of the counted days: nobody can know it
inline constexpr std::string_view kProduct = "Trimtab";

inline constexpr std::string_view kTableLegend =
    "A replica's mean over the counted time: cost a month of what is reserved;\n"
    "short: minutes in which CPU need exceeds the request; lack: share of the needed core minutes above it;\n"
    "throttl.: minutes above a CPU limit; kills and changes a week. Had its CPU and memory been larger or smaller\n"
    "throughout: =short,cost: so that it lacks no oftener than Trimtab; =cost,short%: so that its memory lacks no "
    "oftener\n"
    "and it costs the same.\n";

struct Row {
  std::string name;
  Outcome fleet;
  std::map<std::string, Outcome> families;
};

struct BacktestTable {
  std::vector<Row> rows;
  std::size_t traces = 0;
  std::string against = std::string(kProduct);  // the row that the comparisons at equal violations and cost are with

  [[nodiscard]] const Row* find(std::string_view name) const;
};

// Adds a trace's outcomes of everyone, and of `others`.
void add_trace(BacktestTable& table, const Trace& trace, const ReplayOptions& options, const scan::SizingPolicy& policy,
               const std::vector<Contestant>& others = {});

[[nodiscard]] std::string table_text(const BacktestTable& table, const scan::Prices& prices, bool by_family);
[[nodiscard]] nlohmann::json table_json(const BacktestTable& table, const scan::Prices& prices);

}  // namespace trimtab::backtest
