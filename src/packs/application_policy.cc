#include "packs/application_policy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/spelling.h"

namespace trimtab::packs {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const yaml::Node& empty_mapping() {
  static const yaml::Node node = [] {
    yaml::Node made;
    made.kind = yaml::Kind::kMapping;
    return made;
  }();
  return node;
}

// The block of that name; an absent one reads as all defaults.
yaml::MappingReader block(yaml::MappingReader& parent, std::string_view name) {
  const yaml::Node* node = parent.take(name);
  return {node == nullptr ? empty_mapping() : *node, parent.path_of(name), parent.faults()};
}

double number_within(yaml::MappingReader& reader, std::string_view name, double fallback, double least, double most) {
  const double value = reader.number(name, fallback);
  if (value >= least && value <= most) return value;
  reader.fault(name, fmt::format("{} must be from {} to {}, found {}", name, least, most, value));
  return fallback;
}

Duration duration_within(yaml::MappingReader& reader, std::string_view name, Duration fallback, Duration least,
                         Duration most) {
  const Duration value = reader.duration(name, fallback);
  if (value >= least && value <= most) return value;
  reader.fault(name, fmt::format("{} must be from {} to {}, found {}", name, format_duration(least),
                                 format_duration(most), format_duration(value)));
  return fallback;
}

constexpr std::array<std::string_view, 7> kWeekdays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int kDayMinutes = 1440;

// "22:30" -> minutes after midnight; "24:00" is the end of the day.
std::optional<int> parse_clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  int hour = 0;
  int minute = 0;
  const auto read = [](std::string_view digits, int& out) {
    const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return status == std::errc{} && end == digits.data() + digits.size() && out >= 0;
  };
  if (!read(text.substr(0, 2), hour) || !read(text.substr(3, 2), minute)) return std::nullopt;
  const int total = hour * 60 + minute;
  return minute < 60 && total <= kDayMinutes ? std::optional(total) : std::nullopt;
}

int read_clock(yaml::MappingReader& reader, std::string_view name, const char* fallback) {
  const std::string text = reader.text(name, fallback);
  const auto parsed = parse_clock(text);
  if (!parsed) reader.fault(name, fmt::format("\"{}\" is not a time of day", text), "write \"22:30\", in quotes, UTC");
  return parsed.value_or(0);
}

std::vector<int> read_weekdays(yaml::MappingReader& reader) {
  std::vector<int> days_of_week;
  for (const auto& name : reader.text_list("days")) {
    const auto at = std::ranges::find(kWeekdays, name);
    if (at == kWeekdays.end()) {
      reader.fault("days", fmt::format("\"{}\" is not a day", name), "known: mon, tue, wed, thu, fri, sat, sun");
      continue;
    }
    days_of_week.push_back(static_cast<int>(at - kWeekdays.begin()) + 1);
  }
  return days_of_week;
}

// A window over midnight becomes two: the evening of the days named, the morning of the days after.
void read_change_window(const yaml::Node& node, const std::string& path, yaml::Faults& faults,
                        std::vector<model::ChangeWindow>& windows) {
  const std::size_t before = faults.all().size();
  yaml::MappingReader reader(node, path, faults);
  model::ChangeWindow window;
  window.weekdays = read_weekdays(reader);
  window.from_minute = read_clock(reader, "from", "00:00");
  window.to_minute = read_clock(reader, "to", "24:00");
  reader.finish();
  if (faults.all().size() > before) return;
  if (window.from_minute == window.to_minute) {
    reader.fault("to", "the window is empty: from and to are the same");
    return;
  }
  if (window.from_minute < window.to_minute) {
    windows.push_back(window);
    return;
  }
  model::ChangeWindow morning = window;
  for (int& day : morning.weekdays)
    day = day % 7 + 1;
  morning.from_minute = 0;
  window.to_minute = kDayMinutes;
  windows.push_back(window);
  if (morning.to_minute > 0) windows.push_back(morning);
}

model::Mode mode_of(std::string_view text) {
  return model::parse_mode(text).value_or(model::Mode::kRecommend);
}

}  // namespace

model::Telemetry read_telemetry(yaml::MappingReader& application, bool required) {
  model::Telemetry telemetry;
  if (required && application.take_required("prometheus") == nullptr) return telemetry;
  if (!required && application.take("prometheus") == nullptr) return telemetry;
  yaml::MappingReader reader = block(application, "prometheus");
  telemetry.prometheus_url = reader.text("url");
  telemetry.timeout = duration_within(reader, "timeout", seconds(10), seconds(1), minutes(5));
  telemetry.token_file = reader.text("token_file", "");
  reader.finish();
  const std::string& url = telemetry.prometheus_url;
  if (!url.empty() && !url.starts_with("http://") && !url.starts_with("https://")) {
    reader.fault("url", fmt::format("\"{}\" is not an HTTP address", url), "write http://HOST:PORT");
  }
  return telemetry;
}

model::Prices read_prices(yaml::MappingReader& application) {
  constexpr double kMostPrice = 1e9;
  yaml::MappingReader reader = block(application, "prices");
  model::Prices prices;
  prices.currency = reader.text("currency", prices.currency);
  prices.cpu_core_month = number_within(reader, "cpu_core_month", 0, 0, kMostPrice);
  prices.memory_gib_month = number_within(reader, "memory_gib_month", 0, 0, kMostPrice);
  prices.restart = number_within(reader, "restart", 0, 0, kMostPrice);
  reader.finish();
  return prices;
}

model::Cadence read_cadence(yaml::MappingReader& application) {
  yaml::MappingReader reader = block(application, "cadence");
  model::Cadence cadence;
  cadence.window = duration_within(reader, "window", minutes(5), seconds(1), days(1));
  cadence.step = duration_within(reader, "step", seconds(15), seconds(1), hours(1));
  cadence.decide_every = duration_within(reader, "decide_every", minutes(30), seconds(1), days(31));
  cadence.guard_every = duration_within(reader, "guard_every", minutes(1), seconds(1), hours(1));
  cadence.settle = duration_within(reader, "settle", minutes(2), seconds(0), hours(6));
  cadence.expire_after = duration_within(reader, "expire_after", days(1), minutes(1), days(90));
  cadence.minimum_windows = reader.integer("minimum_windows", cadence.minimum_windows, 1, 10000);
  cadence.verify_windows = reader.integer("verify_windows", cadence.verify_windows, 1, 1000);
  cadence.verify_windows_max =
      reader.integer("verify_windows_max", std::max(cadence.verify_windows_max, cadence.verify_windows), 1, 1000);
  reader.finish();
  if (cadence.step > cadence.window) {
    reader.fault("step", fmt::format("step {} is longer than the window {}", format_duration(cadence.step),
                                     format_duration(cadence.window)));
  }
  if (cadence.guard_every > cadence.window) {
    reader.fault("guard_every",
                 fmt::format("the guard looks less often than a window {} ends", format_duration(cadence.window)));
  }
  if (cadence.verify_windows > cadence.verify_windows_max) {
    reader.fault("verify_windows", fmt::format("verify_windows {} is greater than verify_windows_max {}",
                                               cadence.verify_windows, cadence.verify_windows_max));
  }
  return cadence;
}

model::Policy read_policy(yaml::MappingReader& application) {
  yaml::MappingReader reader = block(application, "policy");
  model::Policy policy;
  const std::vector<std::string> modes{"observe", "recommend", "autonomous"};
  policy.mode = mode_of(reader.choice("mode", modes, std::string(model::to_string(policy.mode))));
  reader.each_entry("parameter_modes", [&](const std::string& name, const yaml::Node& node, const std::string& path) {
    const auto mode = node.kind == yaml::Kind::kScalar ? model::parse_mode(node.text) : std::nullopt;
    if (mode) {
      policy.parameter_modes[name] = *mode;
    } else {
      reader.faults().add(node.position, path, "expected one of observe, recommend, autonomous");
    }
  });
  policy.confidence = number_within(reader, "confidence", policy.confidence, 0.5, 0.9999);
  policy.max_parameters_per_change =
      reader.integer("max_parameters_per_change", policy.max_parameters_per_change, 0, 1000);
  policy.minimum_saving = number_within(reader, "minimum_saving", policy.minimum_saving, 0, 1);
  policy.minimum_saving_restart = number_within(reader, "minimum_saving_restart", policy.minimum_saving_restart, 0, 1);
  policy.verdict_confidence = number_within(reader, "verdict_confidence", policy.verdict_confidence, 0.5, 0.9999);
  policy.tolerated_regression = number_within(reader, "tolerated_regression", policy.tolerated_regression, 0, 1);
  policy.guard_breaches = reader.integer("guard_breaches", policy.guard_breaches, 1, 100);
  policy.bar_failed_for = duration_within(reader, "bar_failed_for", days(7), seconds(0), days(366));
  reader.each("change_windows", [&](const yaml::Node& node, const std::string& path) {
    read_change_window(node, path, reader.faults(), policy.change_windows);
  });
  reader.finish();
  return policy;
}

void check_parameter_modes(yaml::MappingReader& application, const model::Space& space) {
  std::vector<std::string> names;
  for (const auto& parameter : space.parameters())
    names.push_back(parameter.name);
  yaml::MappingReader reader = block(application, "policy");
  reader.each_entry("parameter_modes", [&](const std::string& name, const yaml::Node& node, const std::string& path) {
    if (space.find(name) != nullptr) return;
    reader.faults().add(node.position, path, fmt::format("\"{}\" is not a parameter", name),
                        spelling_hint(name, names));
  });
}

}  // namespace trimtab::packs
