#include "backtest/generate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "base/random.h"

namespace trimtab::backtest {
namespace {

constexpr int kHour = 60;  // minutes
constexpr int kDay = 24 * kHour;
constexpr int kWeek = 7 * kDay;

constexpr std::array kFamilies{Family::kSteady, Family::kDiurnal,   Family::kWeekly,  Family::kWeeklyPeak,
                               Family::kBursty, Family::kCron,      Family::kLeak,    Family::kJvm,
                               Family::kTrend,  Family::kColdStart, Family::kRelease, Family::kCache};

double log_uniform(Random& random, double low, double high) {
  return low * std::pow(high / low, random.uniform());
}

int whole(Random& random, int low, int high) {
  return low + static_cast<int>(random.below(static_cast<std::uint64_t>(high - low + 1)));
}

// A first-order autoregression of the logarithm: noise whose minutes resemble each other. Mean about one.
class Noise {
 public:
  Noise(Random& random, double deviation, double memory)
      : random_(random), deviation_(deviation), memory_(memory), state_(random.normal()) {}
  double next() {
    state_ = memory_ * state_ + std::sqrt(1 - memory_ * memory_) * random_.normal();
    return std::exp(deviation_ * state_ - deviation_ * deviation_ / 2);
  }

 private:
  Random& random_;
  double deviation_;
  double memory_;
  double state_;
};

// What users do, about one at its usual height.
struct Load {
  double night = 0.5;    // of the day's height
  double weekend = 1;    // of a weekday's
  double sharpness = 1;  // above one: short days
  int peak_hour = 14;
  int special_start = -1;  // minute of the week
  int special_minutes = 0;
  double special_height = 1;
  double growth_a_day = 0;
  int every = 0;  // minutes between two runs of a schedule
  int run_at = 0;
  int run_minutes = 0;
  double run_height = 0;  // added
  double bursts_a_day = 0;
  double burst_height = 1;
};

Load load_of(Family family, Random& random) {
  Load load;
  load.peak_hour = whole(random, 8, 20);
  load.night = random.uniform(0.1, 0.6);
  load.sharpness = random.uniform(0.7, 2.5);
  switch (family) {
    case Family::kSteady:
      load.night = random.uniform(0.9, 1);
      break;
    case Family::kWeekly:
    case Family::kJvm:
      load.weekend = random.uniform(0.15, 0.7);
      break;
    case Family::kWeeklyPeak:
      load.weekend = random.uniform(0.3, 1);
      load.special_start = whole(random, 0, 4) * kDay + whole(random, 6, 18) * kHour;
      load.special_minutes = whole(random, 45, 180);
      load.special_height = random.uniform(1.5, 3.5);
      break;
    case Family::kBursty:
      load.night = random.uniform(0.5, 1);
      load.bursts_a_day = random.uniform(2, 40);
      load.burst_height = random.uniform(1.5, 5);
      break;
    case Family::kCron:
      load.night = random.uniform(0.6, 1);
      load.every = random.uniform() < 0.5 ? kHour * whole(random, 1, 6) : kDay;
      load.run_at = whole(random, 0, load.every - 1);
      load.run_minutes = load.every == kDay ? whole(random, 20, 120) : whole(random, 3, 20);
      load.run_height = random.uniform(1, 6);
      break;
    case Family::kTrend:
      load.growth_a_day = random.uniform(-0.01, 0.03);
      break;
    default:
      break;
  }
  return load;
}

double day_shape(const Load& load, int minute) {
  const double angle = 2 * std::numbers::pi * (static_cast<double>(minute % kDay) / kDay - load.peak_hour / 24.0);
  const double height = std::pow((1 + std::cos(angle)) / 2, load.sharpness);
  return load.night + (1 - load.night) * height;
}

std::vector<double> loads_of(const Load& load, int minutes, Random& random) {
  std::vector<double> made(static_cast<std::size_t>(minutes));
  Noise days(random, 0.06, 0);
  double today = 1;
  int burst_left = 0;
  double burst = 1;
  for (int m = 0; m < minutes; ++m) {
    if (m % kDay == 0) today = days.next();
    double value = day_shape(load, m) * today * (m % kWeek >= 5 * kDay ? load.weekend : 1.0);
    if (load.special_start >= 0) {
      const int since = (m - load.special_start % kWeek + kWeek) % kWeek;
      if (since < load.special_minutes) value *= load.special_height;
    }
    value *= std::max(0.2, 1 + load.growth_a_day * m / kDay);
    if (load.every > 0 && (m - load.run_at + kDay) % load.every < load.run_minutes) value += load.run_height;
    if (burst_left == 0 && random.uniform() < load.bursts_a_day / kDay) {
      burst_left = whole(random, 1, 12);
      burst = 1 + (load.burst_height - 1) * random.uniform(0.4, 1);
    }
    if (burst_left > 0) {
      value *= burst;
      --burst_left;
    }
    made[static_cast<std::size_t>(m)] = value;
  }
  return made;
}

// Minutes at which all replicas start anew; the first is 0.
std::vector<int> releases_of(Family family, int minutes, Random& random) {
  std::vector<int> at{0};
  if (family != Family::kLeak && family != Family::kJvm && family != Family::kColdStart && family != Family::kCache) {
    return at;
  }
  const int low = family == Family::kColdStart ? kDay : 3 * kDay;
  for (int m = whole(random, low, 9 * kDay); m < minutes; m += whole(random, low, 9 * kDay))
    at.push_back(m);
  return at;
}

struct Program {
  double cores_per_load = 0.1;
  double idle_cores = 0.005;
  double base_mib = 200;
  double mib_per_load = 20;
  double noise = 0.15;
  double start_height = 0;  // cores at a start, over the level
  int start_minutes = 0;
  double leak_mib_a_day = 0;
  double heap_mib = 0;    // of a JVM
  double heap_start = 0;  // share of the heap that a start takes
  double heap_load = 0;   // and that a load of one takes more
  double cache_mib = 0;   // at the end
  double cache_days = 1;  // to 63 % of it
  int changed_at = -1;    // minute from which a request costs `change` times
  double change = 1;
};

Program program_of(Family family, int minutes, Random& random) {
  Program program;
  program.cores_per_load = log_uniform(random, 0.02, 1.5);
  program.idle_cores = program.cores_per_load * random.uniform(0.01, 0.1);
  program.base_mib = log_uniform(random, 48, 2000);
  program.mib_per_load = program.base_mib * random.uniform(0.02, 0.3);
  program.noise = random.uniform(0.05, 0.3);
  switch (family) {
    case Family::kSteady:
      program.cores_per_load = log_uniform(random, 0.003, 0.1);
      program.base_mib = log_uniform(random, 20, 200);
      break;
    case Family::kLeak:
      program.leak_mib_a_day = program.base_mib * random.uniform(0.02, 0.15);
      break;
    case Family::kJvm:
      program.heap_mib = std::round(log_uniform(random, 256, 3000));
      program.heap_start = random.uniform(0.25, 0.5);
      program.heap_load = random.uniform(0.15, 0.55);
      program.base_mib = random.uniform(110, 190) + 0.03 * program.heap_mib;
      program.mib_per_load = 10;
      [[fallthrough]];
    case Family::kColdStart:
      program.start_height = program.cores_per_load * random.uniform(1.5, 5);
      program.start_minutes = whole(random, 1, 5);
      break;
    case Family::kRelease:
      program.changed_at = whole(random, minutes / 8, minutes / 3);
      program.change = log_uniform(random, 0.4, 2.5);
      break;
    case Family::kCache:
      program.cache_mib = program.base_mib * random.uniform(0.5, 3);
      program.cache_days = random.uniform(0.5, 4);
      break;
    default:
      break;
  }
  return program;
}

ReplicaNeed need_of(const Program& program, const std::vector<double>& loads, const std::vector<int>& releases,
                    Random& random) {
  ReplicaNeed need;
  const double share = random.uniform(0.9, 1.1);  // load balancers are not exact
  Noise minute_noise(random, program.noise, 0.6);
  Noise memory_noise(random, 0.02, 0.995);
  Noise heap_noise(random, 0.12, 0.9);
  double heap = 0;
  std::size_t next = 0;
  int started = 0;
  for (int m = 0; m < static_cast<int>(loads.size()); ++m) {
    if (next < releases.size() && releases[next] == m) {
      started = m;
      ++next;
      heap = program.heap_mib * program.heap_start;
    }
    const double load = loads[static_cast<std::size_t>(m)] * share;
    const double change = program.changed_at >= 0 && m >= program.changed_at ? program.change : 1;
    double cpu = program.idle_cores + program.cores_per_load * change * load * minute_noise.next();
    if (m - started < program.start_minutes) cpu += program.start_height;
    const double days = static_cast<double>(m - started) / kDay;
    heap = std::clamp(program.heap_mib * (program.heap_start + program.heap_load * load * heap_noise.next()), heap,
                      std::max(heap, program.heap_mib));
    const double memory = (program.base_mib * (change > 1 ? 1 + (change - 1) / 4 : 1) + program.mib_per_load * load) *
                              memory_noise.next() +
                          program.leak_mib_a_day * days + heap +
                          program.cache_mib * (1 - std::exp(-days / program.cache_days));
    need.cpu.push_back(static_cast<float>(cpu));
    need.memory.push_back(static_cast<float>(memory));
  }
  return need;
}

}  // namespace

std::span<const Family> all_families() {
  return kFamilies;
}

std::string_view family_name(Family family) {
  constexpr std::array<std::string_view, kFamilies.size()> kNames{"steady", "diurnal",    "weekly",  "weekly_peak",
                                                                  "bursty", "cron",       "leak",    "jvm",
                                                                  "trend",  "cold_start", "release", "cache"};
  return kNames[static_cast<std::size_t>(family)];
}

Trace generate(Family family, std::uint64_t seed, int days) {
  Random random = Random::named(seed, family_name(family));
  const int minutes = days * kDay;
  Trace trace;
  trace.family = family_name(family);
  trace.name = fmt::format("{}-{}", trace.family, seed);
  const Load load = load_of(family, random);
  const Program program = program_of(family, minutes, random);
  const std::vector<int> releases = releases_of(family, minutes, random);
  const std::vector<double> loads = loads_of(load, minutes, random);
  const int replicas = whole(random, 1, 3);
  for (int i = 0; i < replicas; ++i)
    trace.replicas.push_back(need_of(program, loads, releases, random));
  float cpu = 0;
  float memory = 0;
  const auto known = static_cast<std::ptrdiff_t>(std::min(minutes, 3 * kDay));  // what was looked at when they were set
  for (const ReplicaNeed& need : trace.replicas) {
    cpu = std::max(cpu, *std::max_element(need.cpu.begin(), need.cpu.begin() + known));
    memory = std::max(memory, *std::max_element(need.memory.begin(), need.memory.begin() + known));
  }
  trace.request_cpu = std::ceil(cpu * random.uniform(1.2, 4) * 20) / 20;
  trace.request_memory_mib = std::ceil(memory * random.uniform(1.3, 3) / 64) * 64;
  if (program.heap_mib > 0) {
    trace.command_line = {"java", fmt::format("-Xmx{:.0f}m", program.heap_mib), "-jar", "app.jar"};
    trace.request_memory_mib = std::max(trace.request_memory_mib, std::ceil((program.heap_mib + 320) / 64) * 64);
  }
  return trace;
}

}  // namespace trimtab::backtest
