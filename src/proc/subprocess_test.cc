#include "proc/subprocess.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace trimtab::proc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

CommandLine shell(const std::string& script) {
  CommandLine command;
  command.arguments = {"sh", "-c", script};
  return command;
}

TEST(Run, GivesOutputErrorsAndExitCode) {
  const auto status = run(shell("echo out; echo err >&2; exit 3"), {});
  ASSERT_TRUE(status) << status.error().to_string();
  EXPECT_EQ(status->output, "out\n");
  EXPECT_EQ(status->errors, "err\n");
  EXPECT_EQ(status->exit_code, 3);
  EXPECT_EQ(status->signal, 0);
}

TEST(Run, PassesArgumentsUntouchedByAnyShell) {
  CommandLine command;
  command.arguments = {"printf", "%s|", "a b", "$HOME", "*", ""};
  EXPECT_EQ(run(command, {})->output, "a b|$HOME|*||");
}

TEST(Run, SetsEnvironmentDirectoryAndInput) {
  CommandLine command = shell("cat; printf '%s %s' \"$GREETING\" \"$PWD\"");
  command.environment = {{"GREETING", "ahoy"}};
  command.directory = "/usr";
  command.input = std::string(300'000, 'x');  // more than a pipe holds
  const auto status = run(command, {});
  ASSERT_TRUE(status);
  EXPECT_EQ(status->output, command.input + "ahoy /usr");
}

TEST(Run, LeavesTheEnvironmentOutWhenTold) {
  CommandLine command;
  command.arguments = {"/usr/bin/env"};
  command.inherit_environment = false;
  command.environment = {{"ONLY", "this"}};
  EXPECT_EQ(run(command, {})->output, "ONLY=this\n");
}

TEST(Run, SaysWhenThereIsNoSuchProgram) {
  CommandLine command;
  command.arguments = {"no-such-program-here"};
  EXPECT_EQ(run(command, {}).error().code, Code::kNotFound);
  command.arguments = {"/no/such/program"};
  EXPECT_EQ(run(command, {}).error().code, Code::kNotFound);
  command.arguments = {};
  EXPECT_EQ(run(command, {}).error().code, Code::kInvalidInput);
}

TEST(Run, ReportsTheSignalThatKilled) {
  const auto status = run(shell("kill -SEGV $$"), {});
  ASSERT_TRUE(status);
  EXPECT_EQ(status->signal, SIGSEGV);
  EXPECT_EQ(status->exit_code, 128 + SIGSEGV);
}

TEST(Run, CapsTheOutputButReadsItToItsEnd) {
  RunOptions options;
  options.max_output_bytes = 1000;
  std::size_t seen = 0;
  options.on_output = [&](std::string_view piece) { seen += piece.size(); };
  const auto status = run(shell("head -c 500000 /dev/zero"), options);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->output.size(), 1000u);
  EXPECT_TRUE(status->output_truncated);
  EXPECT_EQ(seen, 500'000u);
}

TEST(Run, EndsTheWholeGroupAtTheDeadline) {
  RunOptions options;
  options.grace = milliseconds(200);
  std::string pids;
  options.on_output = [&](std::string_view piece) { pids += piece; };
  // The shell and its child both ignore TERM; only KILL to the group ends them. On a busy machine the child may not
  // have started by a short deadline: then a longer one is given.
  for (options.deadline = milliseconds(200); pids.empty() && options.deadline < seconds(60); options.deadline *= 2) {
    const auto status =
        run(shell("trap '' TERM; sh -c 'trap \"\" TERM; echo $$; exec tail -f /dev/null' & wait; wait"), options);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Code::kDeadlineExceeded);
  }
  ASSERT_FALSE(pids.empty());
  // The signal is sent when run() returns; the kernel may end the child a little later.
  const int child = std::stoi(pids);
  const auto until = std::chrono::steady_clock::now() + seconds(30);
  while (is_alive(identify(child).value_or(ProcessId{})) && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_FALSE(is_alive(identify(child).value_or(ProcessId{})));
}

TEST(Run, EndsWhenStopIsRequested) {
  std::stop_source source;
  RunOptions options;
  options.stop = source.get_token();
  options.on_output = [&](std::string_view) { source.request_stop(); };
  const auto status = run(shell("echo started; exec tail -f /dev/null"), options);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kCancelled);
}

TEST(Run, DoesNotWaitForeverForADescendantThatKeepsThePipe) {
  RunOptions options;
  options.grace = milliseconds(200);
  const auto status = run(shell("echo done; tail -f /dev/null & exit 0"), options);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->output, "done\n");
  EXPECT_EQ(status->exit_code, 0);
}

class Detached : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("trimtab-proc-" + std::to_string(::getpid()));
    std::filesystem::create_directories(directory_);
    log_ = directory_ / "log";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] DetachedOptions to_log() const { return {.log_file = log_, .cgroup_procs = {}}; }

  std::filesystem::path directory_;
  std::string log_;
};

TEST_F(Detached, IsKnownByPidAndStartTimeAndEnds) {
  CommandLine command;
  command.arguments = {"tail", "-f", "/dev/null"};
  command.environment = {{"MARK", "a=b"}};
  const auto id = start_detached(command, to_log());
  ASSERT_TRUE(id) << id.error().to_string();
  EXPECT_TRUE(is_alive(*id));
  EXPECT_EQ(identify(id->pid), *id);
  EXPECT_EQ(*command_line(*id), command.arguments);
  EXPECT_EQ(environment(*id)->at("MARK"), "a=b");
  EXPECT_EQ(::getsid(id->pid) == ::getsid(0), false);

  ProcessId impostor = *id;
  impostor.start_ticks += 1;
  EXPECT_FALSE(is_alive(impostor));
  send_signal(impostor, SIGKILL);  // must not hit the real one
  EXPECT_TRUE(terminate(impostor, seconds(1)));
  EXPECT_TRUE(is_alive(*id));

  ASSERT_TRUE(terminate(*id, seconds(5)));
  EXPECT_FALSE(is_alive(*id));
  EXPECT_EQ(command_line(*id).error().code, Code::kNotFound);
}

TEST_F(Detached, IsKilledWhenItIgnoresTerm) {
  const auto id = start_detached(shell("trap '' TERM; echo ready; while :; do read x < /dev/null; done"), to_log());
  ASSERT_TRUE(id);
  const auto until = std::chrono::steady_clock::now() + seconds(30);
  while (std::filesystem::file_size(log_) == 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  ASSERT_TRUE(terminate(*id, milliseconds(100)));
  EXPECT_FALSE(is_alive(*id));
}

TEST_F(Detached, AppendsBothStreamsToTheLog) {
  std::ofstream(log_) << "before\n";
  const auto id = start_detached(shell("echo out; echo err >&2"), to_log());
  ASSERT_TRUE(id);
  while (is_alive(*id))
    std::this_thread::yield();
  std::ifstream file(log_);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(text, "before\nout\nerr\n");
}

TEST_F(Detached, SaysWhyItCouldNotStart) {
  CommandLine command;
  command.arguments = {"no-such-program-here"};
  EXPECT_EQ(start_detached(command, to_log()).error().code, Code::kNotFound);
  command.arguments = {"true"};
  command.directory = "/no/such/directory";
  EXPECT_EQ(start_detached(command, to_log()).error().code, Code::kUnavailable);
  command.directory.clear();
  EXPECT_EQ(start_detached(command, {.log_file = "/no/such/directory/log", .cgroup_procs = {}}).error().code,
            Code::kUnavailable);
  EXPECT_EQ(start_detached(command, {.log_file = log_, .cgroup_procs = "/no/such/cgroup.procs"}).error().code,
            Code::kUnavailable);
}

}  // namespace
}  // namespace trimtab::proc
