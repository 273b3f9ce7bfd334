// Recorded need: a folder of CSV files, one a container.
//
//   time,replica,cpu,memory            time in RFC 3339 or seconds since 1970; cpu in cores, memory in MiB
//   2026-11-02T00:00:00Z,0,0.31,412
//
// Any order of columns; others are ignored; without `replica` there is one; without `memory` it needs none. Samples may
// be up to an hour apart: each stands until the next. Gaps longer than that are an error, for nobody knows the need
// then. Lines that begin with '#' are comments; "# command: java -Xmx512m" tells the runtime, "# request: 2 1024" what
// its developers set (cores, MiB).
#pragma once

#include <string>
#include <vector>

#include "backtest/trace.h"

namespace trimtab::backtest {

// The *.csv of the folder, sorted. kNotFound: no folder, or no such files.
[[nodiscard]] Result<std::vector<std::string>> recorded_files(const std::string& folder);
// kInvalidInput with file and line.
[[nodiscard]] Result<Trace> read_recorded(const std::string& file);
// `name` for messages and for the trace.
[[nodiscard]] Result<Trace> parse_recorded(std::string_view text, const std::string& name);

}  // namespace trimtab::backtest
