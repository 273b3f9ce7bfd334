#include "optimizer/study_eras.h"

#include <algorithm>

#include <fmt/format.h>

namespace trimtab::optimizer {
namespace {

constexpr std::size_t kMostPast =
    3;  // eras kept as priors: what comes and goes (a nightly job) is known when it is back

}  // namespace

StudyEras::StudyEras(const Problem& problem, StudySearchRequest start, std::vector<PriorStudy> priors, bool watched)
    : problem_(&problem), start_(std::move(start)), priors_(std::move(priors)), given_(priors_.size()) {
  if (watched) watch_.emplace(problem);
}

bool StudyEras::add(model::Observation observation, const std::string& id) {
  all_.push_back(std::move(observation));
  ids_.push_back(id);
  if (!watch_) return false;
  if (const auto changed = watch_->add(all_.back())) {
    begin_era(*changed);
    return true;
  }
  if (const auto doubted = watch_->doubted_since()) {
    if (!question_ || question_->from != *doubted)
      ask_about(*doubted, fmt::format("verify: the runs since {} do not agree with those before, so the best of those "
                                      "is measured again",
                                      ids_[*doubted]));
  } else if (question_ && question_->from > first_) {
    question_.reset();
  }
  return false;
}

// The best of the runs of this era before `from`, as it was known then; the last of them where none was good.
void StudyEras::ask_about(std::size_t from, const std::string& why) {
  const auto best_before = best(*problem_, request_of(first_, from));
  question_ = {from, {best_before ? best_before->configuration : all_[from - 1].configuration, why}};
}

void StudyEras::begin_era(std::size_t first) {
  if (first <= first_ || first >= all_.size()) return;
  ask_about(first, "verify: it was the best before measurements changed");  // with the priors of the era that ends
  PriorStudy past{"the runs before " + ids_[first], {}};
  for (std::size_t i = first_; i < first; ++i)
    past.trials.push_back({all_[i].configuration, all_[i].metrics, all_[i].failed});
  if (priors_.size() >= given_ + kMostPast) priors_.erase(priors_.begin() + static_cast<std::ptrdiff_t>(given_));
  priors_.push_back(std::move(past));
  learned_ = std::make_unique<PriorModel>(PriorModel::learn(*problem_, priors_));
  first_ = first;
}

StudySearchRequest StudyEras::request_of(std::size_t first, std::size_t end) const {
  StudySearchRequest request = start_;
  if (learned_) request.prior = learned_.get();
  request.observations.assign(all_.begin() + static_cast<std::ptrdiff_t>(first),
                              all_.begin() + static_cast<std::ptrdiff_t>(end));
  // What is left of the budget, and other random numbers than at the start of the study.
  if (request.budget > 0) request.budget = std::max(1, request.budget - static_cast<int>(first));
  request.seed += first;
  if (!question_ || end != all_.size()) return request;
  const auto answers = [&](const model::Observation& run) {
    return run.configuration == question_->recheck.configuration;
  };
  if (std::none_of(all_.begin() + static_cast<std::ptrdiff_t>(question_->from), all_.end(), answers))
    request.recheck = question_->recheck;
  return request;
}

StudySearchRequest StudyEras::request() const {
  return request_of(first_, all_.size());
}

std::vector<model::Observation> StudyEras::present() const {
  return {all_.begin() + static_cast<std::ptrdiff_t>(first_), all_.end()};
}

std::optional<std::string> StudyEras::changed_since() const {
  return first_ == 0 ? std::nullopt : std::optional(ids_[first_]);
}

}  // namespace trimtab::optimizer
