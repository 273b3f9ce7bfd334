#include "optimizer/study_watch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "optimizer/standard_values.h"
#include "optimizer/study_kernel.h"

namespace trimtab::optimizer {
namespace {

constexpr std::size_t kFirst = 12;  // runs before the first residual: the start design and some that tell of the noise
constexpr std::size_t kMostRuns = 120;  // that a residual is computed from, the latest: more cost n^3 each run
constexpr double kGrowth = 1.25;        // of the runs, until hyper-parameters are fitted again
constexpr double kCalm = 0.5;           // suspicion from which they stay: what is doubted is no reason to learn
// Of the spread of an output over the runs: smaller changes move no decision, and a model of exact measurements is
// surer of itself than that.
constexpr double kLeastDeviation = 0.1;
// ln of the Bayes factor from which a suspicion asks for a repeat, and from which it is certain without one. Without a
// change the greatest of 690 suspicions in 150 searches was 24; a change of everything by half gives 40 to 80 after
// three runs. With a doubt from 8 on twice as many repeats were asked for (docs/algorithms/drift.md).
constexpr double kDoubt = 12;
constexpr double kProofWithoutRepeat = 40;
// What a repeat must have moved, in deviations of the difference, and that times the evidence; what says that it did
// not move. By moves alone chance would tell: the best of many was lucky, and is worse when it is measured again.
constexpr double kMoved = 2.5;
constexpr double kProof = 40;
constexpr double kUnmoved = 1;
constexpr double kNoEvidence = 1;  // below it a suspicion is dropped
constexpr int kPatience = 8;       // runs that a suspicion lives

}  // namespace

StudyWatch::StudyWatch(const Problem& problem) : problem_(&problem), encoding_(problem.space, problem.baseline) {
  std::vector<std::string> names;
  for (const model::Parameter& parameter : problem.space.parameters())
    names.push_back(parameter.name);
  for (std::size_t g = 0; g < problem.objective.goals().size(); ++g)
    is_watched_.push_back(!problem.objective.goal_is_known(g, names));
  is_watched_.resize(is_watched_.size() + problem.objective.slos().size(), true);
  outputs_.resize(is_watched_.size());
}

StudyWatch::Run StudyWatch::run_of(const model::Observation& observation) const {
  Run run;
  run.number = seen_;
  run.row = encoding_.encode(observation.configuration);
  for (const ContextVariable& variable : problem_->context) {
    const auto at = observation.metrics.find(variable.name);
    const double value = at != observation.metrics.end() ? at->second : observation.load;
    run.context.push_back(variable.log_scale ? std::log1p(std::max(0.0, value)) : value);
  }
  const model::Objective& objective = problem_->objective;
  const auto add = [&](const Result<double>& value) {
    run.outputs.push_back(value ? *value : std::numeric_limits<double>::quiet_NaN());
  };
  for (std::size_t g = 0; g < objective.goals().size(); ++g)
    add(objective.goal_value(g, observation.metrics, observation.configuration));
  for (std::size_t k = 0; k < objective.slos().size(); ++k)
    add(objective.slo_value(k, observation.metrics, observation.configuration));
  return run;
}

std::vector<const StudyWatch::Run*> StudyWatch::measured(std::size_t output) const {
  std::vector<const Run*> runs;
  for (const Run& run : runs_)
    if (std::isfinite(run.outputs[output])) runs.push_back(&run);
  if (runs.size() > kMostRuns) runs.erase(runs.begin(), runs.end() - kMostRuns);
  return runs;
}

StudyWatch::Scale StudyWatch::scale_of(std::size_t output, const std::vector<const Run*>& runs) const {
  Scale scale;
  const std::size_t goals = problem_->objective.goals().size();
  std::vector<double> values;
  for (const Run* run : runs)
    values.push_back(run->outputs[output]);
  if (output >= goals) {
    scale.slo.emplace(problem_->objective.slos()[output - goals], values);
  } else {
    scale.in_logs = std::ranges::all_of(values, [](double value) { return value > 0; });
  }
  scale.worst = std::numeric_limits<double>::infinity();
  values.clear();
  for (const Run* run : runs)
    values.push_back(on_scale(output, scale, *run).value_or(0));
  scale.worst = outlier_fence(values);
  for (double& value : values)
    value = std::min(value, scale.worst);
  const Standard standard = standard_of(values);
  scale.centre = standard.centre;
  scale.unit = standard.unit;
  for (std::size_t v = 0; v < problem_->context.size(); ++v) {
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    for (const Run* run : runs)
      least = std::min(least, run->context[v]), most = std::max(most, run->context[v]);
    scale.context_low.push_back(least);
    scale.context_size.push_back(std::max({most - least, 0.1 * std::abs(most), 1e-9}));
  }
  return scale;
}

// Nothing where the scale has no place for the value.
std::optional<double> StudyWatch::on_scale(std::size_t output, const Scale& scale, const Run& run) const {
  double value = run.outputs[output];
  if (scale.slo) {
    value = scale.slo->to_scale(value);
  } else {
    if (scale.in_logs && value <= 0) return std::nullopt;
    if (scale.in_logs) value = std::log(value);
    if (problem_->objective.goals()[output].direction == model::Direction::kMaximize) value = -value;
  }
  return (std::min(value, scale.worst) - scale.centre) / scale.unit;
}

std::vector<double> StudyWatch::columns_of(const Scale& scale, const Run& run) const {
  std::vector<double> context;
  for (std::size_t v = 0; v < run.context.size(); ++v)
    context.push_back((run.context[v] - scale.context_low[v]) / scale.context_size[v]);
  return study_columns(encoding_, run.row, context);
}

// The scale and the hyper-parameters, from the runs as they were measured.
void StudyWatch::fit(std::size_t output) {
  Watched& watched = outputs_[output];
  const std::vector<const Run*> runs = measured(output);
  watched.scale = scale_of(output, runs);
  watched.data = {};
  const Kernel kernel = study_kernel(encoding_, problem_->context.size());
  watched.data.points.columns = kernel.categorical.size();
  for (const Run* run : runs) {
    watched.data.points.add(columns_of(watched.scale, *run));
    watched.data.values.push_back(on_scale(output, watched.scale, *run).value_or(0));
  }
  FitOptions options;
  options.starts = watched.hyper.empty() ? 2 : 1;
  options.start = watched.hyper;
  const auto process = GaussianProcess::fit(kernel, watched.data, options);
  if (!process) return;
  watched.hyper = process->hyper();
  watched.fitted_at = watched.count;
}

// The residual of the run, and what the detector makes of it: the number of the first run after a change.
std::optional<std::size_t> StudyWatch::watch(std::size_t output, const Run& run) {
  Watched& watched = outputs_[output];
  const auto value = on_scale(output, watched.scale, run);
  const Kernel kernel = study_kernel(encoding_, problem_->context.size());
  const auto process = GaussianProcess::condition(kernel, watched.hyper, watched.data);
  if (!value || !process) return std::nullopt;
  Points one{kernel.categorical.size(), {}};
  one.add(columns_of(watched.scale, run));
  const Moments expected = process->predict(one);
  const double deviation =
      std::sqrt(expected.variance[0] + process->noise_variance() + kLeastDeviation * kLeastDeviation);
  const double residual = (*value - expected.mean[0]) / deviation;
  const double size = watched.usual.size();
  watched.usual.add(residual);
  watched.numbers.push_back(run.number);
  const double cut = ChangePointOptions().cut * size * deviation;
  watched.data.points.add(one.row(0));
  watched.data.values.push_back(std::clamp(*value, expected.mean[0] - cut, expected.mean[0] + cut));
  if (watched.data.values.size() > kMostRuns) {
    watched.data.points.values.erase(watched.data.points.values.begin(),
                                     watched.data.points.values.begin() + static_cast<std::ptrdiff_t>(one.columns));
    watched.data.values.erase(watched.data.values.begin());
  }
  const auto length = watched.detector.add(residual / size);
  if (!length) return std::nullopt;
  return watched.numbers[watched.numbers.size() - *length];
}

// Whether what is suspected has become certain; it is given up when the next runs do not bear it out.
std::optional<std::size_t> StudyWatch::judge(std::size_t output) {
  Watched& watched = outputs_[output];
  const std::size_t since = watched.suspect->since;
  const Evidence evidence = evidence_of_change(output, since);
  watched.suspect->evidence = evidence.log_factor;
  const auto moved = repeats_moved(output, evidence, since);
  const bool certain =
      moved ? *moved >= kMoved && evidence.log_factor * *moved >= kProof : evidence.log_factor >= kProofWithoutRepeat;
  if (certain && evidence.log_factor >= kDoubt) return since;
  if (evidence.log_factor > kNoEvidence && moved.value_or(kMoved) > kUnmoved && watched.suspect->patience-- > 0)
    return std::nullopt;
  watched.suspect.reset();
  watched.detector.reset();
  watched.fitted_at = 0;  // the model is wrong, not the runs: it is to learn from them
  return std::nullopt;
}

// Of the configurations that were measured on both sides, how much the one that changed most did, in deviations of that
// difference. Nothing where there is none.
std::optional<double> StudyWatch::repeats_moved(std::size_t output, const Evidence& evidence, std::size_t since) const {
  struct Means {
    double before = 0, after = 0;
    int count_before = 0, count_after = 0;
  };
  std::map<std::vector<double>, Means> places;
  for (const Run* run : measured(output)) {
    Means& means = places[columns_of(evidence.scale, *run)];
    double& mean = run->number < since ? means.before : means.after;
    int& count = run->number < since ? means.count_before : means.count_after;
    mean += (on_scale(output, evidence.scale, *run).value_or(0) - mean) / ++count;
  }
  std::optional<double> most;
  for (const auto& [columns, means] : places) {
    if (means.count_before == 0 || means.count_after == 0) continue;
    const double variance = evidence.noise * (1.0 / means.count_before + 1.0 / means.count_after);
    most = std::max(most.value_or(0), std::abs(means.after - means.before) / std::sqrt(variance));
  }
  return most;
}

std::optional<std::size_t> StudyWatch::doubted_since() const {
  std::optional<std::size_t> since;
  for (const Watched& watched : outputs_)
    if (watched.suspect && watched.suspect->evidence > kDoubt)
      since = std::min(since.value_or(watched.suspect->since), watched.suspect->since);
  return since;
}

StudyWatch::Evidence StudyWatch::evidence_of_change(std::size_t output, std::size_t since) const {
  const std::vector<const Run*> runs = measured(output);
  const Scale scale = scale_of(output, runs);
  GaussianProcessData one;
  GaussianProcessData two;
  // The side of the change is one more number beside the context: its length-scale says how much of the landscape
  // stays. The linear term is a shift of everything by about what the configurations differ.
  const Kernel together = study_kernel(encoding_, problem_->context.size());
  Kernel apart = study_kernel(encoding_, problem_->context.size() + 1);
  apart.linear.push_back({{encoding_.size() + problem_->context.size()}, {0, 0}});
  one.points.columns = together.categorical.size();
  two.points.columns = apart.categorical.size();
  for (const Run* run : runs) {
    std::vector<double> columns = columns_of(scale, *run);
    one.points.add(columns);
    columns.insert(columns.begin() + static_cast<std::ptrdiff_t>(encoding_.size() + problem_->context.size()),
                   run->number >= since ? 1.0 : 0.0);
    two.points.add(columns);
    one.values.push_back(on_scale(output, scale, *run).value_or(0));
  }
  two.values = one.values;
  one.noise.assign(one.values.size(), kLeastDeviation * kLeastDeviation);
  two.noise = one.noise;
  FitOptions options;
  options.starts = 2;
  const auto same = GaussianProcess::fit(together, std::move(one), options);
  const auto changed = GaussianProcess::fit(apart, std::move(two), options);
  if (!same || !changed) return {};
  // Few runs can be explained without noise: what was thought of it before counts, too.
  const Watched& watched = outputs_[output];
  const double before = std::exp(watched.hyper.back()) * std::pow(watched.scale.unit / scale.unit, 2);
  return {changed->fitted_log_posterior() - same->fitted_log_posterior(),
          std::max(changed->noise_variance(), before) + kLeastDeviation * kLeastDeviation, scale};
}

void StudyWatch::start_from(std::size_t number) {
  std::erase_if(runs_, [&](const Run& run) { return run.number < number; });
  outputs_.assign(is_watched_.size(), {});
  for (std::size_t output = 0; output < outputs_.size(); ++output)
    for (const Run& run : runs_)
      if (std::isfinite(run.outputs[output])) ++outputs_[output].count;
}

std::optional<std::size_t> StudyWatch::add(const model::Observation& observation) {
  Run run = run_of(observation);
  ++seen_;
  if (observation.failed) return std::nullopt;
  runs_.push_back(std::move(run));
  const Run now = runs_.back();
  std::optional<std::size_t> changed;
  for (std::size_t output = 0; output < outputs_.size() && !changed; ++output) {
    if (!is_watched_[output] || !std::isfinite(now.outputs[output])) continue;
    Watched& watched = outputs_[output];
    ++watched.count;
    if (watched.fitted_at > 0) {
      if (const auto alarm = watch(output, now); alarm && !watched.suspect) watched.suspect = {*alarm, kPatience, 0};
      if (watched.suspect) changed = judge(output);
    }
    const bool due = watched.count >= kFirst &&
                     static_cast<double>(watched.count) >= kGrowth * static_cast<double>(watched.fitted_at);
    if (due && !watched.suspect && watched.detector.suspicion() < kCalm && !changed) fit(output);
  }
  if (changed) start_from(*changed);
  return changed;
}

}  // namespace trimtab::optimizer
