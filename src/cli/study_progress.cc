#include "cli/study_progress.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "cli/study_report.h"
#include "engine/study_results.h"

namespace trimtab::cli {
namespace {

std::string best_text(const model::Objective& objective, const engine::StudyState& state) {
  const auto all = engine::experiments(objective, state);
  const engine::Experiment* best = engine::best_experiment(objective, all);
  return best ? fmt::format("best {} (experiment {})", short_number(*best->goal), best->number)
              : "nothing feasible yet";
}

std::string left_text(const std::optional<Duration>& left) {
  if (!left) return "time left unknown";
  const auto whole = static_cast<double>(static_cast<long>(to_seconds(*left)));
  return fmt::format("about {} left", format_duration(duration_from_seconds(whole)));
}

}  // namespace

void StudyProgress::skip(const engine::StudyState& state) {
  for (const engine::Trial& trial : state.trials) {
    if (trial.finished()) shown_ = trial.number;
  }
  if (!state.changes.empty()) shown_change_ = state.changes.back();
}

void StudyProgress::show(const engine::StudyState& state) {
  for (const engine::Trial& trial : state.trials) {
    if (trial.number <= shown_ || !trial.finished()) continue;
    shown_ = trial.number;
    show_trial(state, trial);
  }
  if (!state.changes.empty() && state.changes.back() != shown_change_) {
    shown_change_ = state.changes.back();
    if (streams_.terminal) streams_.out << "\r\033[K";
    streams_.out << engine::changes_text(state) << '\n' << std::flush;
  }
  if (streams_.terminal) streams_.out << "\r\033[K" << line(state) << std::flush;
}

void StudyProgress::finish() {
  if (streams_.terminal) streams_.out << "\r\033[K" << std::flush;
}

void StudyProgress::show_trial(const engine::StudyState& state, const engine::Trial& trial) {
  const model::Objective& objective = definition_.problem.objective;
  std::string outcome = "failed: " + trial.failure;
  if (!trial.failed) {
    const auto goal = objective.goal_value(0, trial.metrics, trial.configuration);
    outcome = goal ? short_number(*goal) : "no goal";
    for (std::size_t k = 0; k < objective.slos().size(); ++k) {
      const auto value = objective.slo_value(k, trial.metrics, trial.configuration);
      const model::Slo& slo = objective.slos()[k];
      if (value && !slo.holds(*value)) outcome += fmt::format(", breaks {} ({})", slo.text, short_number(*value));
    }
  }
  if (streams_.terminal) streams_.out << "\r\033[K";
  streams_.out << fmt::format("experiment {}/{} trial {}: {} -> {}; {}; {}\n", trial.experiment, state.budget,
                              trial.number, trial.configuration.to_string(), outcome, best_text(objective, state),
                              left_text(engine::time_left(definition_, state, clock_.now())))
               << std::flush;
}

std::string StudyProgress::line(const engine::StudyState& state) const {
  std::string text = fmt::format("{}; {}; {}", state.status, best_text(definition_.problem.objective, state),
                                 left_text(engine::time_left(definition_, state, clock_.now())));
  const auto width = static_cast<std::size_t>(std::max(20, streams_.width - 1));
  if (text.size() > width) text.resize(width);
  return text;
}

}  // namespace trimtab::cli
