#include "optimizer/prior_study.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "json/json.h"
#include "optimizer/csv_line.h"

namespace trimtab::optimizer {
namespace {

using model::Parameter;
using nlohmann::json;

constexpr std::size_t kLongestLine = std::size_t{4} * 1024 * 1024;
constexpr int kDepth = 64;
constexpr std::string_view kStatePrefix = "trimtab optimize";  // of the command and of the library

std::optional<double> number_of(const std::string& text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, number);
  if (fault != std::errc{} || stop != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::string renamed(const std::string& name, const Renames& renames) {
  const auto at = renames.find(name);
  return at == renames.end() ? name : at->second;
}

Error at_line(std::string message, const std::string& name, int line) {
  Error error = invalid_input(fmt::format("prior {}: {}", name, message), "prior");
  error.position.line = line;
  return error;
}

Result<void> read_table(std::string_view text, PriorStudy& study, const model::Space& space, const Renames& renames) {
  std::vector<std::string> header = cells_of(next_line(text));
  for (std::string& column : header)
    column = renamed(column, renames);
  for (int line = 2; !text.empty(); ++line) {
    const std::string_view given = next_line(text);
    if (given.empty()) continue;
    const std::vector<std::string> cells = cells_of(given);
    if (cells.size() != header.size())
      return fail(
          at_line(fmt::format("{} cells where the header has {}", cells.size(), header.size()), study.name, line));
    PriorTrial trial;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].empty()) continue;
      const Parameter* parameter = space.find(header[i]);
      const auto number = number_of(cells[i]);
      if (parameter != nullptr && !parameter->is_number()) {
        trial.configuration.set(header[i], model::Value(cells[i]));
      } else if (parameter != nullptr) {
        if (number) trial.configuration.set(header[i], model::Value(*number));
      } else if (header[i] == "failed") {
        trial.failed = cells[i] != "0" && cells[i] != "false";
      } else if (number) {
        trial.metrics[header[i]] = *number;
      }
    }
    study.trials.push_back(std::move(trial));
  }
  return {};
}

class RecordReader {
 public:
  RecordReader(PriorStudy& study, const model::Space& space, const Renames& renames)
      : study_(study), space_(space), renames_(renames) {}

  // A request, reply or record; what is none of use is passed over.
  void read(const json& record) {
    if (!record.is_object()) return;
    if (record.contains("suggested")) read_suggested(record);
    if (record.contains("suggestions")) read_suggestions(record["suggestions"]);
    if (record.contains("tell") && record["tell"].is_object()) read_tell(record["tell"]);
  }

 private:
  [[nodiscard]] model::Configuration configuration_of(const json& given) const {
    model::Configuration configuration;
    if (!given.is_object()) return configuration;
    for (const auto& [name, value] : given.items()) {
      const std::string own = renamed(name, renames_);
      const Parameter* parameter = space_.find(own);
      if (parameter == nullptr) continue;
      if (parameter->is_number()) {
        if (value.is_number()) configuration.set(own, model::Value(value.get<double>()));
      } else if (value.is_string()) {
        configuration.set(own, model::Value(value.get<std::string>()));
      } else if (value.is_number() || value.is_boolean()) {
        configuration.set(own, model::Value(value.dump()));
      }
    }
    return configuration;
  }

  void read_suggested(const json& record) {
    const json first = record.value("first", json());
    if (!record["suggested"].is_array() || !first.is_string()) return;
    const std::string text = first.get<std::string>();
    const auto number = number_of(text.substr(std::min<std::size_t>(2, text.size())));
    if (!number) return;
    auto next = static_cast<long>(*number);
    for (const json& one : record["suggested"])
      suggested_["t-" + std::to_string(next++)] = configuration_of(one);
  }

  void read_suggestions(const json& suggestions) {
    if (!suggestions.is_array()) return;
    for (const json& one : suggestions)
      if (one.is_object() && one.value("id", json()).is_string())
        suggested_[one["id"].get<std::string>()] = configuration_of(one.value("configuration", json()));
  }

  void read_tell(const json& tell) {
    PriorTrial trial;
    if (tell.contains("configuration")) {
      trial.configuration = configuration_of(tell["configuration"]);
    } else if (const json id = tell.value("id", json()); id.is_string() && suggested_.contains(id.get<std::string>())) {
      trial.configuration = suggested_.at(id.get<std::string>());
    } else {
      return;
    }
    trial.failed = tell.contains("failed");
    for (const char* part : {"context", "metrics"})
      if (const json numbers = tell.value(part, json()); numbers.is_object())
        for (const auto& [name, value] : numbers.items())
          if (value.is_number()) trial.metrics[renamed(name, renames_)] = value.get<double>();
    study_.trials.push_back(std::move(trial));
  }

  PriorStudy& study_;
  const model::Space& space_;
  const Renames& renames_;
  std::map<std::string, model::Configuration, std::less<>> suggested_;
};

// Of a state file "length checksum record" the record; any other line as it is.
std::string_view record_of(std::string_view line) {
  if (line.empty() || line.front() < '0' || line.front() > '9') return line;
  const std::size_t at = line.find('{');
  return at == std::string_view::npos ? line : line.substr(at);
}

Result<void> read_lines(std::string_view text, PriorStudy& study, const model::Space& space, const Renames& renames) {
  RecordReader reader(study, space, renames);
  if (text.starts_with(kStatePrefix)) static_cast<void>(next_line(text));
  for (int line = 1; !text.empty(); ++line) {
    const bool whole = text.find('\n') != std::string_view::npos;
    const std::string_view given = next_line(text);
    if (given.empty()) continue;
    const auto record = trimtab::json::parse(record_of(given), {kLongestLine, kDepth});
    if (record) {
      reader.read(*record);
    } else if (whole) {  // a killed process leaves its last line cut off
      return fail(at_line("neither CSV nor lines of JSON: " + record.error().message, study.name, line));
    }
  }
  return {};
}

}  // namespace

Result<PriorStudy> read_prior_study(std::string_view text, std::string name, const model::Space& space,
                                    const Renames& renames) {
  PriorStudy study{std::move(name), {}};
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // byte order mark
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool records = text.starts_with(kStatePrefix) || (first != std::string_view::npos && text[first] == '{');
  TRY(records ? read_lines(text, study, space, renames) : read_table(text, study, space, renames));
  if (study.trials.empty()) return fail(at_line("it holds no run", study.name, 0));
  return study;
}

}  // namespace trimtab::optimizer
