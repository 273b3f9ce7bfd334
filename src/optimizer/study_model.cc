#include "optimizer/study_model.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "numeric/statistics.h"
#include "optimizer/study_kernel.h"

namespace trimtab::optimizer {
namespace {

constexpr std::size_t kAlwaysFitted = 40;  // observations up to which every model is fitted anew from two starts
constexpr std::size_t kPriorWeighed = 5;   // trials from which priors must explain more than nothing does
// By which log posteriors must differ for a prior to stay: evidence of 3 to 1. With 0 good priors gain a little more in
// ten runs and bad ones cost a quarter more (bench/optimizer/transfer.py).
constexpr double kPriorGain = 1;

// Observations after which hyper-parameters are fitted again: they move little once trials are many.
std::size_t refit_after(std::size_t observations) {
  if (observations < 80) return 2;
  return observations < 150 ? 4 : observations / 20;
}

}  // namespace

StudyModel::StudyModel(const Problem& problem, const StudySearchRequest& request)
    : problem_(&problem), request_(&request), encoding_(std::make_unique<Encoding>(problem.space, problem.baseline)) {}

Result<StudyModel> StudyModel::learn(const Problem& problem, const StudySearchRequest& request,
                                     std::uint64_t weights_seed) {
  if (problem.objective.goals().empty()) return fail(invalid_input("a study needs a goal", "goal"));
  StudyModel model(problem, request);
  model.data_ = collect_trials(problem, request, *model.encoding_);
  model.kernel_ = study_kernel(*model.encoding_, model.data_.context_varies ? model.data_.context.size() : 0);
  const std::vector<std::size_t> modelled = modelled_trials(problem, model.data_.trials, kMostModelled);
  model.start_fit();
  TRY(model.learn_goals(modelled, weights_seed));
  TRY(model.learn_slos(modelled));
  TRY(model.learn_failures(modelled));
  model.choose_incumbent(modelled);
  return model;
}

std::vector<double> StudyModel::features(std::span<const double> row, std::span<const double> context) const {
  return study_columns(*encoding_, row, data_.context_varies ? context : std::span<const double>());
}

Points StudyModel::features_of(const Points& rows) const {
  Points points;
  points.columns = kernel_.categorical.size();
  points.values.reserve(points.columns * rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i)
    points.add(features(rows.row(i), data_.context));
  return points;
}

StudyModel::Output StudyModel::new_output() const {
  Output output;
  output.kernel = kernel_;
  output.data.points.columns = kernel_.categorical.size();
  return output;
}

// The last fit's hyper-parameters of output `at`; null where it knows none, or more than these observations.
const std::vector<double>* StudyModel::last_hyper(std::size_t at) const {
  const ModelFit& last = request_->fit;
  const bool known = at < last.hyper.size() && last.hyper[at].size() == kernel_.priors().size() + 1 &&
                     last.observations <= request_->observations.size();
  return known ? &last.hyper[at] : nullptr;
}

// Hyper-parameters cost most of the time: output `at` is fitted anew, or from the last fit, or takes that as it is.
StudyModel::Fitting StudyModel::fitting_of(std::size_t at) const {
  const std::size_t now = request_->observations.size();
  if (last_hyper(at) == nullptr || now <= kAlwaysFitted) return Fitting::kAnew;
  const bool weighted = at == 0 && problem_->objective.goals().size() > 1;  // by other weights than the last
  if (!weighted && fit_.observations == request_->fit.observations) return Fitting::kKeep;
  return now / 20 != request_->fit.observations / 20 ? Fitting::kAnew : Fitting::kImprove;
}

void StudyModel::start_fit() {
  const std::size_t goals = problem_->objective.goals().size();
  fit_.hyper.resize(problem_->objective.slos().size() + 2 + (goals > 1 ? goals : 0));
  fit_.as_measured = request_->fit.as_measured;
  fit_.as_measured.resize(goals, false);
  const std::size_t now = request_->observations.size();
  const std::size_t then = request_->fit.observations;
  const bool kept = now > kAlwaysFitted && then > 0 && then <= now && now - then < refit_after(now);
  fit_.observations = kept ? then : now;
}

Result<void> StudyModel::process_of(Output& output, FitOptions options, std::size_t at) {
  const Fitting fitting = fitting_of(at);
  options.most_points = kMostFitted;
  if (fitting == Fitting::kKeep) {
    TRY_ASSIGN(output.process, GaussianProcess::condition(output.kernel, *last_hyper(at), output.data));
  } else {
    // Long length-scales with much noise are a local optimum of their own: two starts, now and then.
    options.starts = fitting == Fitting::kAnew && at == 0 ? 2 : 1;
    options.iterations = fitting == Fitting::kAnew ? 25 : 6;
    if (last_hyper(at) != nullptr && request_->observations.size() > kAlwaysFitted) options.start = *last_hyper(at);
    TRY_ASSIGN(output.process, GaussianProcess::fit(output.kernel, output.data, options));
    TRY(weigh_prior(output, options, at));
  }
  fit_.hyper[at] = output.process->hyper();
  return {};
}

Result<void> StudyModel::learn_slos(const std::vector<std::size_t>& modelled) {
  const auto& slos = problem_->objective.slos();
  slos_.resize(slos.size());
  for (std::size_t k = 0; k < slos.size(); ++k) {
    std::vector<double> all;
    for (const std::size_t i : modelled)
      all.insert(all.end(), data_.trials[i].slos[k].begin(), data_.trials[i].slos[k].end());
    if (all.empty()) continue;
    ModelledSlo& slo = slos_[k].emplace(ModelledSlo{SloScale(slos[k], all), 1, new_output()});
    double squares = 0;
    std::vector<std::size_t> seen;
    for (const std::size_t i : modelled) {
      const Trial& trial = data_.trials[i];
      if (trial.slos[k].empty()) continue;
      seen.push_back(i);
      double mean = 0;
      for (const double value : trial.slos[k])
        mean += slo.scale.to_scale(value) / static_cast<double>(trial.slos[k].size());
      slo.output.data.points.add(features(trial.row, trial.context));
      slo.output.data.values.push_back(mean);
      squares += mean * mean;
    }
    slo.unit = std::max(1e-9, std::sqrt(squares / static_cast<double>(slo.output.data.values.size())));
    for (double& value : slo.output.data.values)
      value = std::clamp(value / slo.unit, -4.0, 4.0);
    expect_from_priors(slo.output, 1 + k, {slo.unit, false});
    TRY(process_of(slo.output, {}, 1 + k));
    note_surprises(slo, seen);
  }
  return {};
}

// Breaches that are worse than the other trials let expect: the model of a smooth value is sure of what lies behind a
// jump (errors set in at once), so such trials count as failures.
void StudyModel::note_surprises(const ModelledSlo& slo, const std::vector<std::size_t>& trials) {
  if (std::ranges::none_of(slo.output.data.values, [](double value) { return value > 0; })) return;  // saves O(n^3)
  const std::vector<double> apart = slo.output.process->leave_one_out();
  for (std::size_t i = 0; i < trials.size(); ++i)
    if (slo.output.data.values[i] > 0 && apart[i] > 0) surprising_.insert(trials[i]);
}

// What a trial says of whether its configuration can be used: -1 that it can, +1 that it cannot, 0 little: a crash that
// went away at a second trial.
double StudyModel::label_of(std::size_t i) const {
  const Trial& trial = data_.trials[i];
  if (trial.failures > 0) return trial.count > 0 ? 0 : 1;
  return surprising_.contains(i) ? 1 : -1;
}

Result<void> StudyModel::learn_failures(const std::vector<std::size_t>& modelled) {
  if (std::ranges::none_of(data_.trials, [&](const Trial& trial) { return trial.holds(problem_->objective); }))
    surprising_.clear();  // nothing to keep to yet
  std::vector<std::pair<const Trial*, double>> trials;
  for (std::size_t i = data_.trials.size(); i-- > 0 && trials.size() < kMostModelled / 2;)
    if (const double label = label_of(i); label > -1) trials.emplace_back(&data_.trials[i], label);
  const bool foreseen = request_->prior != nullptr && request_->prior->saw_crashes() && !modelled.empty();
  if (trials.empty() && !foreseen) return {};
  for (const std::size_t i : modelled)
    if (label_of(i) == -1) trials.emplace_back(&data_.trials[i], -1);
  failure_ = new_output();
  for (const auto& [trial, label] : trials) {
    failure_->data.points.add(features(trial->row, trial->context));
    failure_->data.values.push_back(label + 1);  // prior mean: -1
  }
  FitOptions options;
  options.noise = {std::log(kFailureNoise), 0.5};
  expect_from_priors(*failure_, 1 + slos_.size(), {1, false});
  return process_of(*failure_, options, 1 + slos_.size());
}

// Later the trials themselves say more than any prior.
void StudyModel::expect_from_priors(Output& output, std::size_t at, const OutputScale& scale) {
  if (request_->prior == nullptr || request_->observations.size() > kAlwaysFitted) return;
  PriorModel::Expectation expected = request_->prior->expect(at, output.data.points, output.data.values, scale);
  output.data.mean = std::move(expected.mean);
  if (at > 0) return;
  has_prior_ = output.data.mean != nullptr;
  dropped_priors_ = std::move(expected.dropped);
}

// What priors let expect stays only while it explains the trials better than nothing does.
Result<void> StudyModel::weigh_prior(Output& output, const FitOptions& options, std::size_t at) {
  if (!output.data.mean) return {};
  if (output.data.values.size() >= kPriorWeighed) {
    GaussianProcessData alone = output.data;
    alone.mean = nullptr;
    TRY_ASSIGN(GaussianProcess process, GaussianProcess::fit(output.kernel, alone, options));
    if (process.fitted_log_posterior() >= output.process->fitted_log_posterior() - kPriorGain) {
      output.data = std::move(alone);
      output.process = std::move(process);
      if (at == 0) {
        has_prior_ = false;
        dropped_priors_.push_back(fmt::format("no prior is used: the {} trials so far are explained better without",
                                              output.data.values.size()));
      }
    }
  }
  if (at == 0 && has_prior_) prior_variance_ = numeric::variance(output.data.mean->values(output.data.points));
  return {};
}

void StudyModel::choose_incumbent(const std::vector<std::size_t>& modelled) {
  if (modelled.empty()) return;
  Points rows{encoding_->size(), {}};
  for (const std::size_t i : modelled)
    rows.add(data_.trials[i].row);
  const Belief belief = believe(rows);
  const bool by_model = scatter_ == Scatter::kSome || data_.context_varies;
  const auto feasible = [&](std::size_t i) {
    return by_model ? belief.log_feasible[i] >= std::log(0.5) : data_.trials[modelled[i]].holds(problem_->objective);
  };
  const auto value = [&](std::size_t i) { return by_model ? belief.mean[i] : goal_->data.values[i]; };
  std::size_t best = 0;
  for (std::size_t i = 1; i < modelled.size(); ++i) {
    const bool better = feasible(i) != feasible(best) ? feasible(i)
                        : feasible(i)                 ? value(i) < value(best)
                                                      : belief.log_feasible[i] > belief.log_feasible[best];
    if (better) best = i;
  }
  incumbent_ = modelled[best];
  incumbent_feasible_ = feasible(best);
  if (goal_) incumbent_reference_ = goal_->process->reference(features(data_.trials[*incumbent_].row, data_.context));
  incumbent_mean_ = belief.mean[best];
  incumbent_variance_ = belief.deviation[best] * belief.deviation[best];
}

}  // namespace trimtab::optimizer
