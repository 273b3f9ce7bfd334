#include "optimizer/study_model.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "base/random.h"
#include "numeric/normal.h"
#include "numeric/statistics.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Observation;

constexpr double kCrashNoise = 0.05;    // variance of the crash label: a crash may be chance
constexpr double kLeastNoCrash = 0.02;  // probability; without a floor few crashes would rule out whole regions
constexpr double kChebyshevSum = 0.05;  // weight of the sum beside the maximum (Knowles 2006, ParEGO)

double context_value(const ContextVariable& variable, const Observation& observation) {
  const auto at = observation.metrics.find(variable.name);
  const double value = at != observation.metrics.end() ? at->second : observation.load;
  return variable.log_scale ? std::log1p(std::max(0.0, value)) : value;
}

// Outliers on the bad side carry no more information than "bad". The fence stands one central 80 % range above it: the
// usual quartiles (Tukey) collapse once most trials lie near the optimum, and would flatten all else.
void winsorise(std::vector<double>& values) {
  if (values.size() < 5) return;
  const double low = numeric::quantile(values, 0.1);
  const double high = numeric::quantile(values, 0.9);
  for (double& value : values)
    value = std::min(value, high + (high - low) + 1e-12);
}

void standardise(std::vector<double>& values, double& centre, double& unit) {
  centre = numeric::mean(values);
  unit = numeric::standard_deviation(values);
  if (!(unit > 1e-9 * (1 + std::abs(centre)))) unit = 1;
  for (double& value : values)
    value = (value - centre) / unit;
}

}  // namespace

StudyModel::StudyModel(const Problem& problem, const StudySearchRequest& request)
    : problem_(&problem), request_(&request), encoding_(std::make_unique<Encoding>(problem.space, problem.baseline)) {}

Result<StudyModel> StudyModel::learn(const Problem& problem, const StudySearchRequest& request,
                                     std::uint64_t weights_seed) {
  if (problem.objective.goals().empty()) return fail(invalid_input("a study needs a goal", "goal"));
  StudyModel model(problem, request);
  model.collect();
  TRY(model.learn_goal(weights_seed));
  TRY(model.learn_slos());
  TRY(model.learn_crashes());
  model.choose_incumbent();
  return model;
}

// Context variables come in any unit: each is mapped so that what was seen and is asked for spans [0, 1], or less when
// it varies by less than a tenth of its size.
void StudyModel::scale_context() {
  for (const ContextVariable& variable : problem_->context) {
    std::vector<double> values;
    for (const Observation& observation : request_->observations)
      values.push_back(context_value(variable, observation));
    const auto wanted = request_->context.find(variable.name);
    if (wanted != request_->context.end())
      values.push_back(variable.log_scale ? std::log1p(std::max(0.0, wanted->second)) : wanted->second);
    if (values.empty()) values.push_back(0);
    const auto [low, high] = std::ranges::minmax(values);
    const double size = std::max({high - low, 0.1 * std::abs(high), 0.1 * std::abs(low)});
    context_scales_.push_back({low, size > 0 ? size : 1});
    const double now = wanted != request_->context.end()
                           ? values.back()
                           : values[std::max<std::size_t>(1, request_->observations.size()) - 1];
    context_.push_back((now - low) / context_scales_.back().size);
  }
}

void StudyModel::collect() {
  scale_context();
  const auto& objective = problem_->objective;
  std::map<std::string, std::size_t> known;
  for (const Observation& observation : request_->observations) {
    std::vector<double> context;
    for (std::size_t v = 0; v < problem_->context.size(); ++v)
      context.push_back((context_value(problem_->context[v], observation) - context_scales_[v].low) /
                        context_scales_[v].size);
    const Configuration configuration = encoding_->canonical(observation.configuration);
    std::string key = configuration.to_string();
    for (const double value : context)
      key += "|" + std::to_string(std::lround(20 * value));  // 5 % of what the variable spans
    const auto [at, fresh] = known.emplace(key, trials_.size());
    if (fresh) trials_.push_back({configuration, context, 0, 0, {}, {}, {}});
    Trial& trial = trials_[at->second];
    if (observation.failed) {
      ++trial.failures;
      continue;
    }
    std::vector<double> goals;
    for (std::size_t g = 0; g < objective.goals().size(); ++g)
      if (const auto value = objective.goal_value(g, observation.metrics, observation.configuration))
        goals.push_back(*value);
    if (goals.size() != objective.goals().size()) continue;
    trial.goals.resize(goals.size());
    trial.slos.resize(objective.slos().size());
    ++trial.count;
    for (std::size_t g = 0; g < goals.size(); ++g)
      trial.goals[g] += (goals[g] - trial.goals[g]) / trial.count;
    trial.goal_values.push_back(goals.front());
    for (std::size_t k = 0; k < objective.slos().size(); ++k)
      if (const auto value = objective.slo_value(k, observation.metrics, observation.configuration))
        trial.slos[k].push_back(*value);
  }
  context_varies_ = std::ranges::any_of(trials_, [&](const Trial& trial) { return trial.context != context_; });
}

std::vector<double> StudyModel::row(const Configuration& configuration, const std::vector<double>& context) const {
  std::vector<double> row = encoding_->encode(configuration);
  const std::size_t d = row.size();
  if (context_varies_) row.insert(row.end(), context.begin(), context.end());
  row.push_back(1);
  const auto& parameters = problem_->space.parameters();
  for (std::size_t k = 0; k < d; ++k) {
    if (!encoding_->categorical()[k]) {
      row.push_back(row[k] - 0.5);
      continue;
    }
    const std::size_t levels = parameters[k].values.size();
    for (std::size_t level = 0; level < levels; ++level)
      row.push_back((row[k] == static_cast<double>(level) ? 1.0 : 0.0) - 1.0 / static_cast<double>(levels));
  }
  return row;
}

Points StudyModel::rows(const std::vector<Configuration>& configurations) const {
  Points points;
  points.columns = kernel().categorical.size();
  for (const Configuration& configuration : configurations)
    points.add(row(configuration, context_));
  return points;
}

// Length-scales grow with the dimension so that a random point stays informative (Hvarfner, Hellsten and Nardi 2024,
// "Vanilla Bayesian optimization performs great in high dimensions"): log l ~ N(sqrt2 + log(D)/2, sqrt3).
Kernel StudyModel::kernel() const {
  const std::size_t d = encoding_->size();
  const std::size_t columns = d + (context_varies_ ? context_.size() : 0);
  Kernel kernel;
  kernel.categorical.assign(columns, false);
  MaternTerm term;
  term.variance = {0, 1};
  const LogPrior length{std::numbers::sqrt2 + 0.5 * std::log(static_cast<double>(std::max<std::size_t>(1, columns))),
                        std::numbers::sqrt3, std::log(0.025)};
  for (std::size_t k = 0; k < columns; ++k) {
    if (k < d) kernel.categorical[k] = encoding_->categorical()[k];
    term.columns.push_back(k);
    term.lengths.push_back(length);
  }
  kernel.matern.push_back(std::move(term));
  kernel.linear.push_back({{columns}, {std::log(4.0), 0}});  // the level, in standard deviations
  LinearTerm main{{}, {std::log(0.1), 1}};
  std::size_t next = columns + 1;
  for (std::size_t k = 0; k < d; ++k) {
    const std::size_t width = encoding_->categorical()[k] ? problem_->space.parameters()[k].values.size() : 1;
    for (std::size_t i = 0; i < width; ++i)
      main.columns.push_back(next++);
  }
  kernel.linear.push_back(std::move(main));
  kernel.categorical.resize(next, false);
  return kernel;
}

Result<void> StudyModel::learn_goal(std::uint64_t weights_seed) {
  const auto& goals = problem_->objective.goals();
  std::vector<const Trial*> measured;
  for (const Trial& trial : trials_)
    if (trial.count > 0) measured.push_back(&trial);
  if (measured.empty()) return {};
  Random random = Random::named(weights_seed, "goals");
  std::vector<double> worst(measured.size(), -1e300);
  std::vector<double> sum(measured.size(), 0);
  double weights = 0;
  for (std::size_t g = 0; g < goals.size(); ++g) {
    const double sign = goals[g].direction == model::Direction::kMaximize ? -1 : 1;
    std::vector<double> values;
    for (const Trial* trial : measured)
      values.push_back(trial->goals[g]);
    const bool in_logs = std::ranges::all_of(values, [](double v) { return v > 0; });
    for (double& value : values)
      value = sign * (in_logs ? std::log(value) : value);
    winsorise(values);
    double centre = 0;
    double unit = 1;
    standardise(values, centre, unit);
    if (g == 0) goal_in_logs_ = in_logs, goal_centre_ = centre, goal_unit_ = unit;
    const double weight = goals.size() == 1 ? 1 : random.exponential();
    weights += weight;
    for (std::size_t i = 0; i < values.size(); ++i) {
      worst[i] = std::max(worst[i], weight * values[i]);
      sum[i] += weight * values[i];
    }
  }
  goal_.emplace();
  goal_->kernel = kernel();
  goal_->data.points.columns = goal_->kernel.categorical.size();
  for (std::size_t i = 0; i < measured.size(); ++i) {
    goal_->data.points.add(row(measured[i]->configuration, measured[i]->context));
    goal_->data.values.push_back(goals.size() == 1 ? sum[i] : (worst[i] + kChebyshevSum * sum[i]) / weights);
  }
  FitOptions options;
  // Long length-scales with much noise are a local optimum of their own: always two starts.
  options.starts = 2;
  TRY_ASSIGN(goal_->process, GaussianProcess::fit(goal_->kernel, goal_->data, options));
  for (std::size_t k = 0; k < encoding_->size(); ++k)
    lengths_.push_back(std::exp(goal_->process->hyper()[1 + k]));
  return {};
}

Result<void> StudyModel::learn_slos() {
  const auto& slos = problem_->objective.slos();
  slos_.resize(slos.size());
  for (std::size_t k = 0; k < slos.size(); ++k) {
    std::vector<double> all;
    for (const Trial& trial : trials_)
      if (trial.count > 0) all.insert(all.end(), trial.slos[k].begin(), trial.slos[k].end());
    if (all.empty()) continue;
    ModelledSlo& slo = slos_[k].emplace(ModelledSlo{SloScale(slos[k], all), 1, {}});
    slo.output.kernel = kernel();
    slo.output.data.points.columns = slo.output.kernel.categorical.size();
    double squares = 0;
    for (const Trial& trial : trials_) {
      if (trial.count == 0 || trial.slos[k].empty()) continue;
      double mean = 0;
      for (const double value : trial.slos[k])
        mean += slo.scale.to_scale(value) / static_cast<double>(trial.slos[k].size());
      slo.output.data.points.add(row(trial.configuration, trial.context));
      slo.output.data.values.push_back(mean);
      squares += mean * mean;
    }
    slo.unit = std::max(1e-9, std::sqrt(squares / static_cast<double>(slo.output.data.values.size())));
    for (double& value : slo.output.data.values)
      value = std::clamp(value / slo.unit, -4.0, 4.0);
    TRY_ASSIGN(slo.output.process, GaussianProcess::fit(slo.output.kernel, slo.output.data, {}));
  }
  return {};
}

Result<void> StudyModel::learn_crashes() {
  const bool any = std::ranges::any_of(trials_, [](const Trial& trial) { return trial.failures > 0; });
  if (!any) return {};
  crash_.emplace();
  crash_->kernel = kernel();
  crash_->data.points.columns = crash_->kernel.categorical.size();
  for (const Trial& trial : trials_) {
    // A crash that went away at a second trial says little: label 0. The process models label + 1 (prior mean: -1).
    const double label = trial.failures == 0 ? -1 : (trial.count > 0 ? 0 : 1);
    crash_->data.points.add(row(trial.configuration, trial.context));
    crash_->data.values.push_back(label + 1);
  }
  FitOptions options;
  options.noise = {std::log(kCrashNoise), 0.5};
  TRY_ASSIGN(crash_->process, GaussianProcess::fit(crash_->kernel, crash_->data, options));
  return {};
}

StudyModel::Belief StudyModel::believe(const std::vector<Configuration>& configurations) const {
  Belief belief;
  const Points points = rows(configurations);
  const std::size_t n = configurations.size();
  belief.log_feasible.assign(n, 0);
  for (const auto& slo : slos_) {
    if (!slo) continue;
    const Moments moments = slo->output.process->predict(points);
    for (std::size_t i = 0; i < n; ++i)
      belief.log_feasible[i] += numeric::normal_log_cdf(-moments.mean[i] / std::sqrt(moments.variance[i] + 1e-6));
  }
  if (crash_) {
    const Moments moments = crash_->process->predict(points);
    for (std::size_t i = 0; i < n; ++i) {
      const double fine = numeric::normal_cdf(-(moments.mean[i] - 1) / std::sqrt(moments.variance[i] + kCrashNoise));
      belief.log_feasible[i] += std::log(std::max(kLeastNoCrash, fine));
    }
  }
  if (!goal_) {
    belief.mean.assign(n, 0);
    belief.deviation.assign(n, 1);
    belief.covariance.assign(n, 0);
    return belief;
  }
  const std::vector<double> reference =
      incumbent_ ? row(trials_[*incumbent_].configuration, context_) : std::vector<double>{};
  Moments moments = goal_->process->predict(points, reference);
  belief.mean = std::move(moments.mean);
  belief.covariance = std::move(moments.covariance);
  belief.covariance.resize(n, 0);
  for (const double variance : moments.variance)
    belief.deviation.push_back(std::sqrt(variance));
  return belief;
}

void StudyModel::choose_incumbent() {
  std::vector<std::size_t> measured;
  std::vector<Configuration> configurations;
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    if (trials_[i].count == 0) continue;
    measured.push_back(i);
    configurations.push_back(trials_[i].configuration);
  }
  if (measured.empty()) return;
  const Belief belief = believe(configurations);
  const double least = std::log(0.5);
  const auto better = [&](std::size_t a, std::size_t b) {
    const bool feasible_a = belief.log_feasible[a] >= least;
    const bool feasible_b = belief.log_feasible[b] >= least;
    if (feasible_a != feasible_b) return feasible_a;
    return feasible_a ? belief.mean[a] < belief.mean[b] : belief.log_feasible[a] > belief.log_feasible[b];
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i < measured.size(); ++i)
    if (better(i, best)) best = i;
  incumbent_ = measured[best];
  incumbent_feasible_ = belief.log_feasible[best] >= least;
}

double StudyModel::noise_share() const {
  if (!goal_) return 0;
  return goal_->process->noise_variance() / std::exp(goal_->process->hyper().front());
}

Result<void> StudyModel::assume_tried(const std::vector<Configuration>& configurations) {
  if (configurations.empty()) return {};
  const Points points = rows(configurations);
  const auto assume = [&](Output& output) -> Result<void> {
    const Moments moments = output.process->predict(points);
    for (std::size_t i = 0; i < configurations.size(); ++i) {
      output.data.points.add(points.row(i));
      output.data.values.push_back(moments.mean[i]);
    }
    TRY_ASSIGN(output.process, GaussianProcess::condition(output.kernel, output.process->hyper(), output.data));
    return {};
  };
  if (goal_) TRY(assume(*goal_));
  for (auto& slo : slos_)
    if (slo) TRY(assume(slo->output));
  return {};
}

std::vector<model::Prediction> StudyModel::predictions(const Configuration& configuration) const {
  constexpr double kZ = 1.6448536269514722;
  std::vector<model::Prediction> result;
  const auto& goal = problem_->objective.goals().front();
  const Points points = rows({configuration});
  if (goal_ && problem_->objective.goals().size() == 1) {
    const Moments moments = goal_->process->predict(points);
    const double sign = goal.direction == model::Direction::kMaximize ? -1 : 1;
    const auto back = [&](double y) {
      const double value = sign * (goal_centre_ + goal_unit_ * y);
      return goal_in_logs_ ? std::exp(value) : value;
    };
    const double reach = kZ * std::sqrt(moments.variance[0] + goal_->process->noise_variance());
    const double a = back(moments.mean[0] - reach);
    const double b = back(moments.mean[0] + reach);
    const double now = incumbent_ ? trials_[*incumbent_].goals.front() : 0;
    result.push_back({goal.text, "", now, back(moments.mean[0]), std::min(a, b), std::max(a, b), 0});
  }
  for (std::size_t k = 0; k < slos_.size(); ++k) {
    if (!slos_[k]) continue;
    const ModelledSlo& slo = *slos_[k];
    const Moments moments = slo.output.process->predict(points);
    const double reach = kZ * std::sqrt(moments.variance[0] + slo.output.process->noise_variance());
    const auto back = [&](double y) { return slo.scale.from_scale(slo.unit * y); };
    const double a = back(moments.mean[0] - reach);
    const double b = back(moments.mean[0] + reach);
    const bool seen = incumbent_ && !trials_[*incumbent_].slos[k].empty();
    result.push_back({problem_->objective.slos()[k].name, "", seen ? numeric::mean(trials_[*incumbent_].slos[k]) : 0,
                      back(moments.mean[0]), std::min(a, b), std::max(a, b), 0});
  }
  return result;
}

}  // namespace trimtab::optimizer
