// A real study to the end: a command platform and a small program as load test, killed in the middle and resumed.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/study_report.h"
#include "cli/study_session.h"

namespace trimtab::cli {
namespace {

constexpr std::string_view kDocument = R"(apiVersion: trimtab.dev/v1
kind: Study
name: tiny
parameters:
  - {name: cache, type: integer, min: 10, max: 1000, scale: log}
  - {name: mode, type: categorical, values: [safe, fast, broken]}
goal: {minimize: cost}
formulas: {cost: cache * 0.01 + p95 * 0.1}
slos: [p95 <= 30, errors <= 0.01]
baseline: {cache: 500, mode: safe}
platform: {kind: command, apply: 'echo $TRIMTAB_CACHE >> applied.log'}
trial:
  repeats: 2
  retries: 0
  load:
    command: [python3, load.py]
    timeout: 30s
    metrics:
      - {name: p95, json: latency_ms.p95, unit: ms}
      - {name: errors, regex: 'errors: ([0-9.]+)'}
budget: {experiments: 6}
seed: 3
)";

// A cache in front of a slow function. Every run leaves a line when it starts and one when it has ended.
constexpr std::string_view kLoad = R"(import json, os, sys
size, mode, trial = int(float(os.environ["TRIMTAB_CACHE"])), os.environ["TRIMTAB_MODE"], os.environ["TRIMTAB_TRIAL"]
def note(what):
    with open("runs.log", "a") as log:
        log.write(what + " " + trial + "\n")
note("begins")
slow = sum(i * i for i in range(200000))
if mode == "broken":
    note("ends")
    sys.exit("this mode does not work")
p95 = 50 - 40 * min(1.0, size / 300) + (5 if mode == "safe" else 0) + size * 0.02
note("ends")
print("errors: 0.001")
print(json.dumps({"latency_ms": {"p95": p95}}))
)";

class StudyVerbTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "study_" + std::to_string(::getpid()) + "_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(directory_);
    write("study.yaml", kDocument);
    write("load.py", kLoad);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write(const char* name, std::string_view text) const { std::ofstream(path(name)) << text; }
  [[nodiscard]] std::string path(const char* name) const { return directory_ + "/" + name; }
  [[nodiscard]] std::string read(const char* name) const {
    std::ifstream in(path(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }

  int call(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--state", path("state")});
    std::istringstream in;
    out_.str("");
    err_.str("");
    Streams streams{in, out_, err_, false, false, 100, {}};
    return run(arguments, streams);
  }
  // Runs the verb in a process of its own and kills it when it has begun `runs` load tests.
  void call_and_kill(const std::vector<std::string>& arguments, int runs) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::setpgid(0, 0);
      ::_exit(call(arguments));
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (lines("begins") < runs && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the study ended before it was killed";
  }
  [[nodiscard]] int lines(const std::string& word) const {
    const std::string log = read("runs.log");
    int count = 0;
    for (auto at = log.find(word); at != std::string::npos; at = log.find(word, at + 1))
      ++count;
    return count;
  }
  std::vector<engine::Trial> trials() {
    const auto store = open_study_store(path("state"), false);
    const auto packs = packs::PackLibrary::embedded();
    return load_stored_study(**store, "tiny", *packs)->state.trials;
  }

  std::string directory_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(StudyVerbTest, RunsToTheEndReportsAndExports) {
  ASSERT_EQ(call({"study", "run", path("study.yaml")}), 0) << err_.str();
  EXPECT_NE(out_.str().find("experiment 6/6"), std::string::npos) << out_.str();
  EXPECT_NE(out_.str().find("Best: experiment"), std::string::npos);
  const std::vector<engine::Trial> all = trials();
  EXPECT_EQ(all.front().configuration, (model::Configuration{{"cache", 500}, {"mode", "safe"}}));
  EXPECT_DOUBLE_EQ(all.front().metrics.at("p95"), 25);
  for (const engine::Trial& trial : all)
    EXPECT_EQ(trial.failed, *trial.configuration.find("mode") == model::Value("broken"));

  ASSERT_EQ(call({"study", "list", "-o", "json"}), 0);
  EXPECT_NE(out_.str().find("\"finished\""), std::string::npos);
  ASSERT_EQ(call({"study", "export", "tiny", "--format", "csv"}), 0);
  EXPECT_EQ(out_.str().substr(0, 17), "experiment,trials");
  ASSERT_EQ(call({"study", "export", "tiny", "--format", "html", "--file", path("report.html")}), 0);
  EXPECT_NE(read("report.html").find("<svg"), std::string::npos);
  EXPECT_EQ(read("report.html").find("http"), std::string::npos);  // nothing is fetched from elsewhere
  ASSERT_EQ(call({"study", "export", "tiny", "--format", "best"}), 0);
  EXPECT_NE(out_.str().find("\ncache: "), std::string::npos);
  EXPECT_EQ(call({"study", "run", path("study.yaml")}), 4);  // it is there already
  EXPECT_EQ(call({"study", "show", "other"}), 3);
  EXPECT_EQ(call({"study", "stop", "tiny"}), 3);  // nobody runs it
  // A raised budget goes on where it ended.
  ASSERT_EQ(call({"study", "resume", "tiny", "--budget", "7"}), 0) << err_.str();
  EXPECT_EQ(trials().back().experiment, 7);
}

TEST_F(StudyVerbTest, KilledTwiceAndResumedLosesAndRepeatsNothing) {
  call_and_kill({"study", "run", path("study.yaml")}, 3);
  std::map<int, engine::Trial> ended;
  for (const engine::Trial& trial : trials()) {
    if (trial.finished()) ended[trial.number] = trial;
  }
  EXPECT_GE(ended.size(), 1U);
  call_and_kill({"study", "resume", "tiny"}, 6);
  for (const engine::Trial& trial : trials()) {
    if (trial.finished()) ended.emplace(trial.number, trial);
  }
  ASSERT_EQ(call({"study", "resume", "tiny"}), 0) << err_.str();
  const std::vector<engine::Trial> all = trials();
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].number, static_cast<int>(i) + 1);
    EXPECT_TRUE(all[i].finished());
  }
  for (const auto& [number, trial] : ended) {
    EXPECT_EQ(all[static_cast<std::size_t>(number) - 1].ended, trial.ended) << "trial " << number << " ran again";
  }
  // Only the two trials that were under way when it was killed may have begun twice.
  EXPECT_LE(lines("begins"), static_cast<int>(all.size()) + 2);
  EXPECT_EQ(all.back().experiment, 6);
}

}  // namespace
}  // namespace trimtab::cli
