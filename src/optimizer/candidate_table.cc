#include "optimizer/candidate_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <string>

#include <fmt/format.h>

#include "base/spelling.h"
#include "optimizer/csv_line.h"
#include "optimizer/encoding.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Parameter;

Result<model::Value> value_of(const std::string& cell, const Parameter& parameter) {
  if (!parameter.is_number()) return model::Value(cell);
  double number = 0;
  const char* end = cell.data() + cell.size();
  const auto [stop, fault] = std::from_chars(cell.data(), end, number);
  if (fault != std::errc{} || stop != end || !std::isfinite(number))
    return fail(invalid_input(fmt::format("\"{}\" is not a number", cell.substr(0, 40))));
  return model::Value(number);
}

Error at_line(Error error, int line, const std::string& field) {
  error.position.line = line;
  if (error.field.empty()) error.field = field;
  return error;
}

}  // namespace

Result<std::vector<Configuration>> read_candidates(std::string_view text, const model::Space& space) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // byte order mark
  const std::vector<std::string> header = cells_of(next_line(text));
  for (const Parameter& parameter : space.parameters())
    if (std::ranges::find(header, parameter.name) == header.end())
      return fail(at_line(invalid_input(fmt::format("no column \"{}\"", parameter.name), parameter.name,
                                        spelling_hint(parameter.name, header, "columns")),
                          1, parameter.name));
  const Encoding encoding(space, {});
  std::vector<Configuration> found;
  std::set<std::string> seen;
  for (int number = 2; !text.empty(); ++number) {
    const std::string_view line = next_line(text);
    if (line.empty()) continue;
    const std::vector<std::string> cells = cells_of(line);
    if (cells.size() != header.size())
      return fail(at_line(invalid_input(fmt::format("{} cells where the header has {}", cells.size(), header.size())),
                          number, ""));
    Configuration configuration;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const Parameter* parameter = space.find(header[i]);
      if (parameter == nullptr || cells[i].empty()) continue;
      auto value = value_of(cells[i], *parameter);
      if (!value) return fail(at_line(std::move(value).error(), number, header[i]));
      configuration.set(header[i], *std::move(value));
    }
    configuration = encoding.canonical(std::move(configuration));
    if (auto valid = space.validate(configuration); !valid) return fail(at_line(std::move(valid).error(), number, ""));
    if (seen.insert(configuration.to_string()).second) found.push_back(std::move(configuration));
  }
  if (found.empty()) return fail(at_line(invalid_input("there are no candidates"), 1, ""));
  return found;
}

}  // namespace trimtab::optimizer
