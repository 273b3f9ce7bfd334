// Plays the study engine for tests: what it stores is kept, what it wants carried out is left to the test, and it can
// be killed and resumed at any step. Tests only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "engine/study_engine.h"
#include "engine/study_json.h"
#include "json/json.h"

namespace trimtab::engine::test {

// A document that names no files.
inline Result<StudyDefinition> read(std::string_view text, const packs::PackLibrary& packs = {}) {
  return read_study(text, "study.yaml", packs,
                    [](const std::string& name) { return Result<std::string>(fail(not_found("no file " + name))); });
}

class StudyPlayer {
 public:
  StudyPlayer(StudyDefinition study, StudySearch search)
      : study_(std::move(study)), search_(std::move(search)), state_(initial_study_state(study_, now_, 0)) {
    send(StudyStarted{});
  }
  virtual ~StudyPlayer() = default;

  void send(StudyEventKind event) {
    StudyStep step = step_study(study_, std::move(state_), {now_, std::move(event)}, search_);
    state_ = std::move(step.state);
    command_ = std::move(step.command);
    for (const Trial& trial : step.trials)
      stored_[trial.number] = trial;
  }

  // Carries out the command under way and sends what came of it.
  bool advance() {
    if (!command_) return false;
    const StudyCommand command = *command_;
    now_ = now_ + std::chrono::seconds(10);
    carry_out(command);
    return true;
  }
  // After every `steps` steps it is killed and resumed; 0: never.
  void run(int steps = 0) {
    for (int step = 1; advance(); ++step)
      if (steps > 0 && step % steps == 0) crash_and_resume();
  }
  // As after kill -9: what is stored is all there is.
  void crash_and_resume() {
    const std::string state = to_json(state_).dump();
    state_ = *study_state_from_json(*json::parse(state));
    EXPECT_EQ(to_json(state_).dump(), state);
    for (const auto& [number, trial] : stored_)
      state_.trials.push_back(*trial_from_json(*json::parse(to_json(trial).dump())));
    command_.reset();
    send(StudyStarted{});
  }

  StudyDefinition study_;
  StudySearch search_;
  Instant now_{1'000'000};
  StudyState state_;
  std::optional<StudyCommand> command_;
  std::map<int, Trial> stored_;

 protected:
  // Sends what came of it.
  virtual void carry_out(const StudyCommand& command) = 0;
};

}  // namespace trimtab::engine::test
