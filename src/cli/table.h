// Table: what every listing prints, in the forms of -o: table, wide, json, yaml. Numbers and texts are made by the
// caller; json and yaml print the caller's document, so that scripts never depend on how people's tables look.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/command.h"

namespace trimtab::cli {

enum class OutputForm { kTable, kWide, kJson, kYaml };

// Adds -o/--output to the command. The value is set when the line has been parsed.
[[nodiscard]] std::shared_ptr<OutputForm> add_output_option(CLI::App& command);

struct Column {
  std::string title;
  bool wide_only = false;
  bool right = false;  // numbers
  int spare = 0;       // where room is short the greatest is left out first; 0 never is
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // As many cells as columns.
  void add(std::vector<std::string> cells);
  // Leaves out spare columns until the narrow form fits, and gives their titles.
  [[nodiscard]] std::vector<std::string> fit(std::size_t width);
  // Columns as wide as their cells, two blanks between; no trailing blanks. `wide`: with the columns only wide has.
  void print(std::ostream& out, bool wide) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Columns that a terminal needs for the text (UTF-8 code points; wide East Asian forms are not told apart).
[[nodiscard]] std::size_t display_width(std::string_view text);

void print_json(std::ostream& out, const nlohmann::json& document);
void print_yaml(std::ostream& out, const nlohmann::json& document);
// `table` in the table forms, `document` in the others.
void print(std::ostream& out, OutputForm form, const Table& table, const nlohmann::json& document);

}  // namespace trimtab::cli
