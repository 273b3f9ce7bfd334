#include "optimizer/prior_source.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include <fmt/format.h>

#include "numeric/statistics.h"
#include "optimizer/standard_values.h"

namespace trimtab::optimizer {
namespace {

constexpr std::size_t kMostRuns = 200;    // of one study: more cost n each mean and n^3 once
constexpr std::size_t kMostFitted = 120;  // of them for hyper-parameters
constexpr std::size_t kFewestRuns = 3;    // that order anything
constexpr double kCrashNoise = 0.05;      // variance of the crash label: a crash may be chance
constexpr double kClip = 4;               // of SLOs, in units, as in the study's own model

struct Collected {
  std::vector<PriorRun> runs;
  std::vector<bool> known;   // per parameter: some run names it
  std::vector<bool> varied;  // and not always with the same value
  std::size_t misplaced = 0;
  std::size_t without_goal = 0;
};

// Nothing when a value has no place.
std::optional<PriorRun> place(const Encoding& encoding, const PriorTrial& trial, std::vector<bool>& known) {
  PriorRun run;
  run.row = encoding.encode({});
  const auto& parameters = encoding.space().parameters();
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const model::Value* value = trial.configuration.find(parameters[k].name);
    if (value == nullptr) continue;
    const auto at = encoding.place(k, *value);
    if (!at) return std::nullopt;
    known[k] = true;
    run.row[k] = *at;
    run.placed = run.placed && *at >= 0 && (encoding.categorical()[k] || *at <= 1);
  }
  return run;
}

// Adds the trial's outcome. False when it has none.
bool add_outcome(const Problem& problem, const PriorTrial& trial, PriorRun& run) {
  const model::Objective& objective = problem.objective;
  // A parameter that the study did not know stood, as far as one can tell, as it does in the baseline.
  const model::Configuration configuration = problem.baseline.with(trial.configuration);
  if (trial.failed) {
    ++run.failures;
    return true;
  }
  std::vector<double> goals;
  for (std::size_t g = 0; g < objective.goals().size(); ++g)
    if (const auto value = objective.goal_value(g, trial.metrics, configuration)) goals.push_back(*value);
  if (goals.size() != objective.goals().size()) return false;
  ++run.count;
  run.goals.resize(goals.size());
  run.slos.resize(objective.slos().size());
  for (std::size_t g = 0; g < goals.size(); ++g)
    run.goals[g] += (goals[g] - run.goals[g]) / run.count;
  for (std::size_t k = 0; k < objective.slos().size(); ++k)
    if (const auto value = objective.slo_value(k, trial.metrics, configuration)) run.slos[k].push_back(*value);
  return true;
}

Collected collect(const Problem& problem, const Encoding& encoding, const PriorStudy& study) {
  Collected all;
  all.known.assign(encoding.size(), false);
  std::map<std::vector<double>, std::size_t> seen;
  for (const PriorTrial& trial : study.trials) {
    auto run = place(encoding, trial, all.known);
    if (!run) {
      ++all.misplaced;
      continue;
    }
    const auto at = seen.find(run->row);
    PriorRun& one = at == seen.end() ? *run : all.runs[at->second];
    if (!add_outcome(problem, trial, one)) {
      ++all.without_goal;
    } else if (at == seen.end()) {
      seen.emplace(run->row, all.runs.size());
      all.runs.push_back(*std::move(run));
    }
  }
  all.varied.assign(encoding.size(), false);
  for (std::size_t k = 0; k < encoding.size(); ++k)
    all.varied[k] =
        std::ranges::any_of(all.runs, [&](const PriorRun& run) { return run.row[k] != all.runs[0].row[k]; });
  return all;
}

double sign_of(const model::Objective& objective) {
  return objective.goals().front().direction == model::Direction::kMaximize ? -1 : 1;
}

// Of too many, the best half and an even share of the rest, in their order.
std::vector<PriorRun> thinned(std::vector<PriorRun> runs, double sign) {
  if (runs.size() <= kMostRuns) return runs;
  std::vector<std::size_t> order(runs.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  const auto value = [&](std::size_t i) { return runs[i].count > 0 ? sign * runs[i].goals.front() : 1e300; };
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return value(a) < value(b); });
  std::vector<std::size_t> chosen(order.begin(), order.begin() + kMostRuns / 2);
  const std::size_t rest = order.size() - kMostRuns / 2;
  for (std::size_t i = 0; i < kMostRuns / 2; ++i)
    chosen.push_back(order[kMostRuns / 2 + i * rest / (kMostRuns / 2)]);
  std::ranges::sort(chosen);
  std::vector<PriorRun> kept;
  for (const std::size_t i : chosen)
    kept.push_back(std::move(runs[i]));
  return kept;
}

PriorSource::Values empty_values(const std::vector<PriorRun>& runs) {
  return {{runs.front().row.size(), {}}, {}, {}};
}

PriorSource::Values goals_of(const std::vector<PriorRun>& runs, double sign, bool in_logs) {
  PriorSource::Values data = empty_values(runs);
  for (const PriorRun& run : runs) {
    if (run.count == 0) continue;
    data.rows.add(run.row);
    data.values.push_back(sign * (in_logs ? std::log(run.goals.front()) : run.goals.front()));
    data.counts.push_back(run.count);
  }
  cut_outliers(data.values);
  return data;
}

PriorSource::Values slos_of(const std::vector<PriorRun>& runs, const model::Slo& slo, std::size_t k) {
  PriorSource::Values data = empty_values(runs);
  std::vector<double> seen;
  for (const PriorRun& run : runs)
    if (run.count > 0) seen.insert(seen.end(), run.slos[k].begin(), run.slos[k].end());
  if (seen.empty()) return data;
  const SloScale scale(slo, seen);
  for (const PriorRun& run : runs) {
    if (run.count == 0 || run.slos[k].empty()) continue;
    data.rows.add(run.row);
    data.values.push_back(std::clamp(scale.to_scale(numeric::mean(run.slos[k])), -kClip, kClip));
    data.counts.push_back(static_cast<double>(run.slos[k].size()));
  }
  return data;
}

// As the study's own labels, plus 1.
PriorSource::Values crashes_of(const std::vector<PriorRun>& runs) {
  PriorSource::Values data = empty_values(runs);
  for (const PriorRun& run : runs) {
    data.rows.add(run.row);
    data.values.push_back(run.failures == 0 ? 0 : (run.count > 0 ? 1 : 2));
  }
  return data;
}

}  // namespace

PriorFeatures::PriorFeatures(const Encoding& encoding, const std::vector<bool>& varied)
    : size_(encoding.size()), varied_(varied), categorical_(encoding.categorical()) {
  MaternTerm term;
  term.variance = {0, 1};
  LinearTerm main{{}, {std::log(0.1), 1}};
  const auto count = static_cast<double>(std::max<long>(1, std::ranges::count(varied, true)));
  // As in the study's own model: Hvarfner, Hellsten and Nardi 2024.
  const LogPrior length{std::numbers::sqrt2 + 0.5 * std::log(count), std::numbers::sqrt3, std::log(0.025)};
  std::size_t next = size_;
  for (std::size_t k = 0; k < size_; ++k) {
    levels_.push_back(categorical_[k] ? encoding.space().parameters()[k].values.size() : 1);
    main_.push_back(next);
    if (!varied[k]) continue;
    term.columns.push_back(k);
    term.lengths.push_back(length);
    for (std::size_t i = 0; i < levels_[k]; ++i)
      main.columns.push_back(next++);
  }
  kernel_.categorical = categorical_;
  kernel_.categorical.resize(next, false);
  kernel_.matern.push_back(std::move(term));
  kernel_.linear.push_back(std::move(main));
}

Points PriorFeatures::of(const Points& rows) const {
  Points points{kernel_.categorical.size(), {}};
  points.values.reserve(points.columns * rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const std::span<const double> row = rows.row(i).subspan(0, size_);
    points.values.insert(points.values.end(), row.begin(), row.end());
    for (std::size_t k = 0; k < size_; ++k) {
      if (!varied_[k]) continue;
      if (!categorical_[k]) points.values.push_back(row[k] - 0.5);
      for (std::size_t level = 0; categorical_[k] && level < levels_[k]; ++level)
        points.values.push_back((row[k] == static_cast<double>(level) ? 1.0 : 0.0) -
                                1.0 / static_cast<double>(levels_[k]));
    }
  }
  return points;
}

void PriorFeatures::add_slopes(std::span<const double> columns, double weight, std::span<double> row) const {
  for (std::size_t k = 0; k < size_; ++k)
    if (varied_[k] && !categorical_[k]) row[k] += weight * (columns[k] + columns[main_[k]]);
}

const PriorOutput* PriorSource::output(std::size_t at) const {
  return at < outputs_.size() && outputs_[at] ? &*outputs_[at] : nullptr;
}

Result<PriorSource> PriorSource::learn(const Problem& problem, const Encoding& encoding, const PriorStudy& study) {
  Collected all = collect(problem, encoding, study);
  const auto fault = [&](const std::string& what) {
    return fail(invalid_input(fmt::format("prior {} is not used: {}", study.name, what)));
  };
  if (std::ranges::none_of(all.known, [](bool known) { return known; }))
    return fault("none of its columns is a parameter of this space");
  if (all.runs.empty() && all.misplaced == 0) return fault("none of its runs measured what the goal needs");
  if (all.runs.size() < kFewestRuns)
    return fault(
        fmt::format("only {} of its {} runs can be placed in this space", all.runs.size(), study.trials.size()));
  if (std::ranges::none_of(all.varied, [](bool varied) { return varied; }))
    return fault("it never varied a parameter of this space");
  PriorSource source;
  source.name_ = study.name;
  source.features_ = PriorFeatures(encoding, all.varied);
  std::string unknown;
  for (std::size_t k = 0; k < all.known.size(); ++k)
    if (!all.known[k]) unknown += (unknown.empty() ? "" : ", ") + problem.space.parameters()[k].name;
  source.note_ = fmt::format("prior {}: {} of {} runs", study.name,
                             study.trials.size() - all.misplaced - all.without_goal, study.trials.size());
  if (!unknown.empty()) source.note_ += ", says nothing of " + unknown;
  std::vector<PriorRun> runs = thinned(std::move(all.runs), sign_of(problem.objective));
  TRY(source.learn_outputs(problem, runs));
  source.rank(problem, std::move(runs));
  return source;
}

Result<void> PriorSource::learn_output(std::size_t at, Values data, bool in_logs, std::optional<double> noise) {
  if (data.values.size() < kFewestRuns) return {};
  const Standard standard = standardise(data.values);
  FitOptions options;
  options.most_points = kMostFitted;
  options.starts = 2;
  if (noise) options.noise = {std::log(*noise), 0.5};
  GaussianProcessData given;
  given.points = features_.of(data.rows);
  given.values = std::move(data.values);
  given.counts = std::move(data.counts);
  TRY_ASSIGN(GaussianProcess process, GaussianProcess::fit(features_.kernel(), std::move(given), options));
  outputs_[at].emplace(PriorOutput{std::move(process), standard.centre, standard.unit, in_logs});
  return {};
}

Result<void> PriorSource::learn_outputs(const Problem& problem, const std::vector<PriorRun>& runs) {
  const model::Objective& objective = problem.objective;
  const std::size_t slos = objective.slos().size();
  outputs_.resize(slos + 2);
  if (objective.goals().size() == 1) {  // several are weighed anew for every suggestion: no mean would fit
    const bool in_logs =
        std::ranges::all_of(runs, [&](const PriorRun& run) { return run.count == 0 || run.goals.front() > 0; });
    TRY(learn_output(0, goals_of(runs, sign_of(objective), in_logs), in_logs, std::nullopt));
  }
  for (std::size_t k = 0; k < slos; ++k)
    TRY(learn_output(1 + k, slos_of(runs, objective.slos()[k], k), false, std::nullopt));
  if (std::ranges::none_of(runs, [](const PriorRun& run) { return run.failures > 0; })) return {};
  return learn_output(1 + slos, crashes_of(runs), false, kCrashNoise);
}

void PriorSource::rank(const Problem& problem, std::vector<PriorRun> runs) {
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const PriorRun& run = runs[i];
    bool good = run.count > 0 && run.failures == 0;
    for (std::size_t k = 0; good && k < run.slos.size(); ++k)
      good = !run.slos[k].empty() && problem.objective.slos()[k].holds(numeric::mean(run.slos[k]));
    if (!good) continue;
    const Points row{run.row.size(), run.row};
    // The process averages what single runs scatter.
    const double value = outputs_[0] ? outputs_[0]->process.predict_means(features_.of(row)).front()
                                     : sign_of(problem.objective) * run.goals.front();
    order.emplace_back(value, i);
  }
  std::ranges::stable_sort(order, [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [value, i] : order)
    best_.push_back(std::move(runs[i]));
}

}  // namespace trimtab::optimizer
