#include "cli/table.h"

#include <algorithm>
#include <map>
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/check.h"

namespace trimtab::cli {
namespace {

// Texts that YAML 1.1 or 1.2 readers could take for something else, or that need quoting anyway, are written in JSON's
// double quotes, which YAML reads alike.
bool is_plain(const std::string& text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  const bool harmless = std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '/' || c == ' ' || c == '-' || c >= 0x80;
  });
  if (!harmless || std::isalpha(static_cast<unsigned char>(text.front())) == 0) return false;
  static const std::vector<std::string> kTaken{"y",    "n",     "yes",  "no",  "on",  "off",
                                               "true", "false", "null", "nan", "inf", "infinity"};
  std::string lower = text;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(kTaken, lower) == kTaken.end();
}

std::string scalar(const nlohmann::json& value) {
  if (value.is_string() && is_plain(value.get_ref<const std::string&>())) return value.get<std::string>();
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string key_text(const std::string& key) {
  return is_plain(key) ? key : nlohmann::json(key).dump();
}

void write_yaml(std::ostream& out, const nlohmann::json& value, std::size_t indent);

void write_member(std::ostream& out, const nlohmann::json& value, std::size_t indent) {
  if (value.is_structured() && !value.empty()) {
    out << '\n';
    write_yaml(out, value, indent);
  } else {
    out << ' ' << scalar(value) << '\n';
  }
}

void write_yaml(std::ostream& out, const nlohmann::json& value, std::size_t indent) {
  const std::string blanks(indent, ' ');
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, member] : value.items()) {
      out << blanks << key_text(key) << ':';
      write_member(out, member, indent + 2);
    }
  } else if (value.is_array() && !value.empty()) {
    for (const auto& item : value) {
      out << blanks << '-';
      write_member(out, item, indent + 2);
    }
  } else {
    out << blanks << scalar(value) << '\n';
  }
}

}  // namespace

std::shared_ptr<OutputForm> add_output_option(CLI::App& command) {
  auto form = std::make_shared<OutputForm>(OutputForm::kTable);
  static const std::map<std::string, OutputForm> kForms{{"table", OutputForm::kTable},
                                                        {"wide", OutputForm::kWide},
                                                        {"json", OutputForm::kJson},
                                                        {"yaml", OutputForm::kYaml}};
  command
      .add_option_function<std::string>(
          "-o,--output", [form](const std::string& text) { *form = kForms.at(text); }, "Form of the output")
      ->check(CLI::IsMember({"table", "wide", "json", "yaml"}))
      ->type_name("table|wide|json|yaml");
  return form;
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void Table::add(std::vector<std::string> cells) {
  CHECK(cells.size() == columns_.size());
  // What an application calls itself must not move the cursor.
  for (std::string& cell : cells) {
    std::ranges::replace_if(cell, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  }
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_)
    widths.push_back(display_width(column.title));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  }
  return widths;
}

std::vector<std::string> Table::fit(std::size_t width) {
  const std::vector<std::size_t> each = widths();
  std::vector<std::string> left_out;
  for (;;) {
    std::size_t needed = 0;
    Column* spare = nullptr;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].wide_only) continue;
      needed += (needed > 0 ? 2 : 0) + each[i];
      if (columns_[i].spare > (spare ? spare->spare : 0)) spare = &columns_[i];
    }
    if (needed <= width || spare == nullptr) return left_out;
    spare->wide_only = true;
    left_out.push_back(spare->title);
  }
}

void Table::print(std::ostream& out, bool wide) const {
  const std::vector<std::size_t> widths = this->widths();
  const auto print_row = [&](auto cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].wide_only && !wide) continue;
      const std::string& cell = cell_of(i);
      const std::string gap(widths[i] - display_width(cell), ' ');
      if (!line.empty()) line += "  ";
      line += columns_[i].right ? gap + cell : cell + gap;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  print_row([&](std::size_t i) -> const std::string& { return columns_[i].title; });
  for (const auto& row : rows_)
    print_row([&](std::size_t i) -> const std::string& { return row[i]; });
}

void print_json(std::ostream& out, const nlohmann::json& document) {
  out << document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_yaml(std::ostream& out, const nlohmann::json& document) {
  write_yaml(out, document, 0);
}

void print(std::ostream& out, OutputForm form, const Table& table, const nlohmann::json& document) {
  switch (form) {
    case OutputForm::kTable:
      return table.print(out, false);
    case OutputForm::kWide:
      return table.print(out, true);
    case OutputForm::kJson:
      return print_json(out, document);
    case OutputForm::kYaml:
      return print_yaml(out, document);
  }
}

}  // namespace trimtab::cli
