// kill -9 at every journaled step of a decision, before and after each commit and after each command: the process is
// started again each time and must end with the decision kept, applied once, and nothing lost.
#include <fstream>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/runner_world.h"
#include "store/sample_step_test.h"
#include "store/sqlite_store.h"

namespace trimtab::server {
namespace {

using engine::story::World;

model::Application autonomous_shop() {
  model::Application made = engine::story::shop();
  made.policy.mode = model::Mode::kAutonomous;
  made.cadence = {std::chrono::seconds(60),
                  std::chrono::seconds(5),
                  std::chrono::minutes(2),
                  std::chrono::seconds(60),
                  std::chrono::seconds(30),
                  std::chrono::hours(1),
                  2,
                  1,
                  6};
  return made;
}

// The world outlives the process in files: what was applied, and what time it is.
class LastingPlatform final : public engine::Platform {
 public:
  LastingPlatform(World& world, const Clock& clock, std::string file)
      : world_(world), clock_(clock), file_(std::move(file)) {
    std::ifstream in(file_);
    std::string decision;
    double cpu = 0;
    while (in >> decision >> cpu) {
      world_.live.set("container.cpu_limit", cpu);
      world_.last_decision = decision;
    }
  }
  Result<engine::LiveState> read_live(Duration) override { return world_.read(clock_.now()); }
  Result<engine::LiveState> apply(const engine::ApplyRequest& request,
                                  const std::function<void(const engine::Progress&)>&, std::stop_token,
                                  Duration) override {
    const std::size_t before = world_.carried_out.size();
    auto live = world_.apply(request, clock_.now());
    if (live && world_.carried_out.size() > before) {
      std::ofstream(file_, std::ios::app)
          << request.decision << ' ' << request.target.number("container.cpu_limit").value_or(0) << std::endl;
    }
    return live;
  }

 private:
  World& world_;
  const Clock& clock_;
  std::string file_;
};

struct Files {
  const store::TemporaryFolder& folder;
  [[nodiscard]] std::string store() const { return folder.file("trimtab.db"); }
  [[nodiscard]] std::string applied() const { return folder.file("applied"); }
  [[nodiscard]] std::string clock() const { return folder.file("clock"); }
};

bool is_kept(engine::Store& store) {
  const auto all = store.recommendations({}).value();
  return std::ranges::any_of(all, [](const auto& one) { return one.state == model::RecommendationState::kKept; });
}

// Plays until the first decision is kept; 0 when it is.
int play(const Files& files, const std::string& crash_at) {
  const auto store = store::SqliteStore::open(files.store()).value();
  World world;
  ManualClock clock;
  std::int64_t at = 0;
  if (std::ifstream(files.clock()) >> at) clock.set({at});
  Collaborators collaborators = world_collaborators(world, clock, autonomous_shop());
  collaborators.platform = [&](const model::Application&) -> Result<std::unique_ptr<engine::Platform>> {
    return std::make_unique<LastingPlatform>(world, clock, files.applied());
  };
  // One saving, then nothing more to gain: the story has one decision.
  collaborators.step = [](const model::Application& document, engine::LiveApplicationState state,
                          const engine::Event& event) {
    return engine::step(document, std::move(state), event,
                        {engine::story::cutting_cpu(0.9), engine::story::fixed_prediction});
  };
  const auto runner = LiveRunner::start(*store, clock, std::move(collaborators),
                                        {Threading::kNone, CrashPoint::parse(crash_at).value()})
                          .value();
  if (runner->applications().empty() && !runner->enroll("document", "shop.yaml", "ann")) return 2;
  for (int i = 0; i < 1000; ++i) {
    if (is_kept(*store)) return 0;
    clock.advance(std::chrono::seconds(10));
    std::ofstream(files.clock()) << clock.now().us;
    runner->run_due();
  }
  return 3;
}

int play_in_child(const Files& files, const std::string& crash_at) {
  const pid_t child = fork();
  if (child == 0) ::_exit(play(files, crash_at));
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void expect_sound(const Files& files, const std::string& crash_at) {
  SCOPED_TRACE("crash at " + crash_at);
  const auto store = store::SqliteStore::open(files.store()).value();
  std::ifstream in(files.applied());
  std::vector<std::string> decisions;
  for (std::string decision, cpu; in >> decision >> cpu;)
    decisions.push_back(decision);
  const auto all = store->recommendations({}).value();
  std::vector<std::string> kept;
  for (const auto& one : all) {
    if (one.state == model::RecommendationState::kKept) kept.push_back(one.id);
  }
  EXPECT_EQ(decisions, kept);  // each once, and every kept one was applied
  const auto stored = store->application("shop").value();
  EXPECT_FALSE(stored.state->decision);
  EXPECT_EQ(stored.state->live.decision, kept.front());
  EXPECT_EQ(*store->journal_length("shop"), static_cast<std::int64_t>(stored.state->sequence));  // no gap
}

class CrashRestart : public testing::TestWithParam<const char*> {};

TEST_P(CrashRestart, EveryStepOfADecision) {
  // Memory, when there is such a place: a killed process, unlike a power failure, asks nothing of the disk.
  const std::filesystem::path shared = "/dev/shm";
  const auto parent = std::filesystem::is_directory(shared) ? shared : std::filesystem::temp_directory_path();
  int crashes = 0;
  for (int step = 1;; ++step) {
    const store::TemporaryFolder folder(parent);
    const Files files{folder};
    const std::string crash_at = std::to_string(step) + ":" + GetParam();
    const int code = play_in_child(files, crash_at);
    ASSERT_TRUE(code == 0 || code == 137) << crash_at << " ended with " << code;
    if (code == 137) {
      ++crashes;
      ASSERT_EQ(play_in_child(files, ""), 0) << "after the crash at " << crash_at;
    }
    expect_sound(files, crash_at);
    // Not every step has commands; past the end of the story there is no step left.
    const auto steps = store::SqliteStore::open(files.store()).value()->application("shop").value().state->sequence;
    if (HasFailure() || (code == 0 && steps < static_cast<std::uint64_t>(step))) break;
  }
  RecordProperty("crashes", crashes);
  EXPECT_GT(crashes, 12);
}

INSTANTIATE_TEST_SUITE_P(Places, CrashRestart, testing::Values("before_commit", "after_commit", "after_command"),
                         [](const auto& place) { return std::string(place.param); });

}  // namespace
}  // namespace trimtab::server
