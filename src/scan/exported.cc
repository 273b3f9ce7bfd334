#include "scan/exported.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "scan/fold.h"
#include "scan/prometheus_inventory.h"
#include <fmt/format.h>

namespace trimtab::scan {
namespace {

constexpr std::uintmax_t kMaxFileBytes = 512ULL * 1024 * 1024;

using Labels = std::vector<std::pair<std::string, std::string>>;

Result<std::string> read_all(const std::string& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (!error && size > kMaxFileBytes) {
    return fail(exhausted(fmt::format("{} is larger than {} MiB", file, kMaxFileBytes / 1024 / 1024),
                          "export a namespace or a day a file"));
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(not_found("cannot read " + file));
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// {a="x", b="y\"z"}; moves `text` behind it. nullopt: not of this form.
std::optional<Labels> take_labels(std::string_view& text) {
  if (!text.starts_with('{')) return std::nullopt;
  text.remove_prefix(1);
  Labels labels;
  while (!text.empty() && text.front() != '}') {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals + 1 >= text.size() || text[equals + 1] != '"') return std::nullopt;
    std::string name(text.substr(0, equals));
    name.erase(0, name.find_first_not_of(" ,"));
    text.remove_prefix(equals + 2);
    std::string value;
    while (!text.empty() && text.front() != '"') {
      if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
      value += text.front();
      text.remove_prefix(1);
    }
    if (text.empty()) return std::nullopt;
    text.remove_prefix(1);
    labels.emplace_back(std::move(name), std::move(value));
    while (!text.empty() && (text.front() == ',' || text.front() == ' '))
      text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  text.remove_prefix(1);
  return labels;
}

std::optional<double> take_number(std::string_view& text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// Lines of `promtool tsdb dump`: a series' samples follow each other.
class Dump {
 public:
  Dump(const std::string& file, const std::function<void(const Series&)>& visit) : file_(file), visit_(visit) {}

  Result<void> read(std::string_view text) {
    for (int line = 1; !text.empty(); ++line) {
      const auto end = text.find('\n');
      if (!take(text.substr(0, end))) {
        return fail(Error{Code::kInvalidInput,
                          "not a line of promtool tsdb dump",
                          {},
                          "{__name__=\"metric\", pod=\"x\"} value milliseconds",
                          {file_, line, 0}});
      }
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    flush();
    return {};
  }

 private:
  bool take(std::string_view line) {
    if (line.empty() || line.front() == '#') return true;
    const std::size_t close = line.rfind('}');
    if (close == std::string_view::npos) return false;
    const std::string_view head = line.substr(0, close + 1);
    std::string_view rest = line.substr(close + 1);
    if (head != head_) {
      flush();
      std::string_view text = head;
      auto labels = take_labels(text);
      if (!labels || !text.empty()) return false;
      head_ = head;
      labels_ = *std::move(labels);
    }
    const auto value = take_number(rest);
    const auto at = take_number(rest);
    if (!value || !at) return false;
    if (std::isfinite(*value) && std::isfinite(*at)) points_.push_back({*at / 1000, *value});
    return true;
  }

  void flush() {
    if (points_.empty()) return;
    std::sort(points_.begin(), points_.end(), [](const Point& a, const Point& b) { return a.seconds < b.seconds; });
    visit_(Series{[this](std::string_view name) {
                    for (const auto& [label, value] : labels_)
                      if (label == name) return std::string_view(value);
                    return std::string_view();
                  },
                  points_});
    points_.clear();
  }

  const std::string& file_;
  const std::function<void(const Series&)>& visit_;
  std::string head_;
  Labels labels_;
  std::vector<Point> points_;
};

}  // namespace

Result<ExportedSeries> ExportedSeries::open(const std::string& folder) {
  ExportedSeries made;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const auto extension = entry.path().extension();
    if (extension == ".json" || extension == ".txt") made.files_.push_back(entry.path().string());
  }
  if (error) return fail(not_found("the folder " + folder + " cannot be read"));
  if (made.files_.empty()) {
    return fail(not_found("there are no *.json or *.txt in " + folder, "save answers of Prometheus' query API there"));
  }
  std::sort(made.files_.begin(), made.files_.end());
  return made;
}

Result<void> ExportedSeries::each(const std::function<void(const Series&)>& visit) const {
  for (const std::string& file : files_) {
    TRY_ASSIGN(const std::string text, read_all(file));
    if (file.ends_with(".txt")) {
      TRY(Dump(file, visit).read(text));
      continue;
    }
    auto read = read_series(text, visit);
    if (read) continue;
    Error error = read.error();
    error.code = Code::kInvalidInput;
    error.position.file = file;
    error.hint = "an answer of Prometheus' query API, as it came";
    return fail(std::move(error));
  }
  return {};
}

Result<Instant> ExportedSeries::newest() const {
  double newest = 0;
  TRY(each([&](const Series& series) {
    if (!series.points.empty()) newest = std::max(newest, series.points.back().seconds);
  }));
  if (newest <= 0) return fail(not_found("the exported series hold no samples"));
  return instant_from_seconds(newest);
}

Result<Inventory> ExportedSeries::inventory(const std::vector<std::string>& spaces) const {
  return read_inventory_of_series(
      [this](const std::string& metric, const std::string&, const std::function<void(const Series&)>& visit) {
        return each([&](const Series& series) {
          if (series.label("__name__") == metric) visit(series);
        });
      },
      spaces, {});
}

Result<MeasureReport> measure_exported(const Inventory& inventory, const ExportedSeries& exported,
                                       const MeasureOptions& options,
                                       const std::function<void(std::size_t index, const HourlyUse& use)>& done) {
  MeasureReport report;
  SampleFold fold(inventory, options.end, options.window);
  TRY(exported.each([&](const Series& series) { report.points += fold.add(series); }));
  for (std::size_t i = 0; i < inventory.containers.size(); ++i)
    done(i, fold.use(i));
  return report;
}

}  // namespace trimtab::scan
