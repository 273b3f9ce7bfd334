#include "backtest/recorded.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <sstream>

#include <fmt/format.h>

#include "base/time.h"

namespace trimtab::backtest {
namespace {

constexpr std::size_t kLongestGapMinutes = 60;
constexpr std::size_t kMostMinutes = 400 * 1440;  // more than a year is a mistake in a time
constexpr std::size_t kMostReplicas = 1000;

struct Sample {
  std::int64_t minute = 0;
  double cpu = 0;
  double memory = 0;
};

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (;;) {
    const auto comma = line.find(',');
    cells.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

class Parsing {
 public:
  explicit Parsing(const std::string& name) { trace_.name = name; }

  Result<Trace> parse(std::string_view text) {
    trace_.family = "recorded";
    while (!text.empty()) {
      const auto end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      ++line_;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty()) continue;
      TRY(line.starts_with('#') ? comment(line.substr(1)) : columns_.empty() ? head(line) : row(line));
    }
    return finish();
  }

 private:
  [[nodiscard]] tl::unexpected<Error> wrong(std::string message, std::string field = {}) const {
    return fail(Error{Code::kInvalidInput, std::move(message), std::move(field), {}, {trace_.name, line_, 0}});
  }

  Result<void> comment(std::string_view text) {
    std::istringstream words{std::string(text)};
    std::string word;
    words >> word;
    if (word == "command:") {
      while (words >> word)
        trace_.command_line.push_back(word);
    } else if (word == "request:") {
      if (!(words >> trace_.request_cpu >> trace_.request_memory_mib) || trace_.request_cpu <= 0 ||
          trace_.request_memory_mib <= 0) {
        return wrong("a request is two numbers above zero: cores and MiB", "request");
      }
      requested_ = true;
    }
    return {};
  }

  Result<void> head(std::string_view line) {
    const auto cells = cells_of(line);
    for (std::size_t i = 0; i < cells.size(); ++i)
      columns_.emplace(std::string(cells[i]), i);
    for (const char* needed : {"time", "cpu"})
      if (!columns_.contains(needed)) return wrong(fmt::format("there is no column \"{}\"", needed), needed);
    return {};
  }

  Result<double> cell(const std::vector<std::string_view>& cells, const char* column, double otherwise) const {
    const auto at = columns_.find(column);
    if (at == columns_.end()) return otherwise;
    if (at->second >= cells.size()) return wrong("the line ends before this column", column);
    const auto value = number_of(cells[at->second]);
    if (!value || *value < 0) return wrong("not a number of zero or more", column);
    return *value;
  }

  Result<std::int64_t> minute_of(std::string_view text) const {
    if (const auto seconds = number_of(text)) return static_cast<std::int64_t>(std::floor(*seconds / 60));
    const auto at = parse_rfc3339(text);
    if (!at) return wrong("not a time (RFC 3339, or seconds since 1970)", "time");
    return static_cast<std::int64_t>(std::floor(at->seconds() / 60));
  }

  Result<void> row(std::string_view line) {
    const auto cells = cells_of(line);
    if (columns_.at("time") >= cells.size()) return wrong("the line ends before this column", "time");
    Sample sample;
    TRY_ASSIGN(sample.minute, minute_of(cells[columns_.at("time")]));
    TRY_ASSIGN(sample.cpu, cell(cells, "cpu", 0));
    TRY_ASSIGN(sample.memory, cell(cells, "memory", 1));
    std::string replica;
    if (const auto at = columns_.find("replica"); at != columns_.end() && at->second < cells.size())
      replica = cells[at->second];
    auto& samples = replicas_[replica];
    if (!samples.empty() && sample.minute < samples.back().minute) return wrong("times do not grow", "time");
    samples.push_back(sample);
    return {};
  }

  // Each minute's need is the newest sample's; several of one minute: the greatest.
  Result<ReplicaNeed> by_minute(const std::vector<Sample>& samples, std::int64_t first, std::int64_t last) const {
    ReplicaNeed need;
    std::size_t next = 0;
    Sample live = samples.front();
    for (std::int64_t minute = first; minute <= last; ++minute) {
      Sample here = live;
      for (bool any = false; next < samples.size() && samples[next].minute <= minute; ++next, any = true) {
        live = samples[next];
        here.cpu = any ? std::max(here.cpu, live.cpu) : live.cpu;
        here.memory = any ? std::max(here.memory, live.memory) : live.memory;
      }
      if (minute - live.minute > static_cast<std::int64_t>(kLongestGapMinutes)) {
        return wrong(fmt::format("a gap of more than {} minutes", kLongestGapMinutes), "time");
      }
      need.cpu.push_back(static_cast<float>(here.cpu));
      need.memory.push_back(static_cast<float>(here.memory));
    }
    return need;
  }

  Result<Trace> finish() {
    if (replicas_.empty()) return wrong("there are no samples");
    if (replicas_.size() > kMostReplicas) return wrong("more than a thousand replicas");
    std::int64_t first = 0;
    std::int64_t last = std::numeric_limits<std::int64_t>::max();
    for (const auto& [replica, samples] : replicas_) {  // the time that all were seen in
      first = std::max(first, samples.front().minute);
      last = std::min(last, samples.back().minute);
    }
    if (last < first) return wrong("the replicas were never seen at the same time");
    if (static_cast<std::size_t>(last - first) > kMostMinutes) return wrong("the times span more than a year");
    double cpu = 0;
    double memory = 0;
    for (const auto& [replica, samples] : replicas_) {
      TRY_ASSIGN(ReplicaNeed need, by_minute(samples, first, last));
      cpu = std::max<double>(cpu, *std::max_element(need.cpu.begin(), need.cpu.end()));
      memory = std::max<double>(memory, *std::max_element(need.memory.begin(), need.memory.end()));
      trace_.replicas.push_back(std::move(need));
    }
    if (!requested_) {  // ample, as what nobody has looked at is
      trace_.request_cpu = std::max(0.01, 2 * cpu);
      trace_.request_memory_mib = std::max(32.0, 2 * memory);
    }
    return std::move(trace_);
  }

  Trace trace_;
  int line_ = 0;
  bool requested_ = false;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::map<std::string, std::vector<Sample>> replicas_;
};

}  // namespace

Result<std::vector<std::string>> recorded_files(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".csv") files.push_back(entry.path().string());
  }
  if (error) return fail(not_found("the folder " + folder + " cannot be read"));
  if (files.empty()) return fail(not_found("there are no *.csv in " + folder));
  std::sort(files.begin(), files.end());
  return files;
}

Result<Trace> parse_recorded(std::string_view text, const std::string& name) {
  return Parsing(name).parse(text);
}

Result<Trace> read_recorded(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(not_found("cannot read " + file));
  const std::string text(std::istreambuf_iterator<char>(in), {});
  return parse_recorded(text, file);
}

}  // namespace trimtab::backtest
