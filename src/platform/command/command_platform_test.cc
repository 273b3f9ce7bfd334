#include "platform/command/command_platform.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <unistd.h>

namespace trimtab::platform {
namespace {

using std::chrono::seconds;

class CommandPlatformTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "command_platform_" + std::to_string(::getpid()) + "_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  CommandPlatform platform(const std::string& yaml) {
    const auto block = yaml::parse(yaml, "study.yaml");
    const auto settings = read_command_settings(*block, directory_);
    EXPECT_TRUE(settings) << settings.error().to_string();
    model::Parameter heap;
    heap.name = "jvm.heap";
    heap.type = model::ParameterType::kInteger;
    heap.max = 1000;
    model::Parameter gc;
    gc.name = "gc";
    gc.type = model::ParameterType::kCategorical;
    gc.values = {"G1", "Serial"};
    return {*settings, *model::Space::create({heap, gc}, {}), directory_, clock_};
  }
  static engine::ApplyRequest request(const char* decision, int heap) {
    engine::ApplyRequest made;
    made.decision = decision;
    made.target = {{"jvm.heap", heap}, {"gc", "G1"}};
    return made;
  }
  std::string file(const char* name) const {
    std::ifstream in(directory_ + "/" + name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  SystemClock clock_;
  std::string directory_;
};

TEST_F(CommandPlatformTest, AppliesOnceWithEnvironmentAndFile) {
  CommandPlatform p = platform(
      "kind: command\napply: 'echo $TRIMTAB_JVM_HEAP $TRIMTAB_GC $TRIMTAB_DECISION >> log; cp $TRIMTAB_CONFIGURATION "
      "seen'\n");
  const auto live = p.apply(request("d1", 256), {}, {}, seconds(20));
  ASSERT_TRUE(live) << live.error().to_string();
  EXPECT_EQ(live->configuration, request("d1", 256).target);
  EXPECT_EQ(live->decision, "d1");
  ASSERT_TRUE(p.apply(request("d1", 256), {}, {}, seconds(20)));  // again: already done
  EXPECT_EQ(file("log"), "256 G1 d1\n");
  EXPECT_NE(file("seen").find("\"jvm.heap\": 256"), std::string::npos);
  ASSERT_TRUE(p.apply(request("d2", 300), {}, {}, seconds(20)));
  EXPECT_EQ(file("log"), "256 G1 d1\n300 G1 d2\n");
}

TEST_F(CommandPlatformTest, FailureSaysWhatTheCommandSaid) {
  CommandPlatform p = platform("kind: command\napply: 'echo no such heap >&2; exit 3'\n");
  const auto live = p.apply(request("d1", 256), {}, {}, seconds(20));
  ASSERT_FALSE(live);
  EXPECT_EQ(live.error().code, Code::kUnavailable);
  EXPECT_NE(live.error().message.find("exit code 3: no such heap"), std::string::npos);
  EXPECT_TRUE(p.read_live(seconds(5))->configuration.empty());
}

TEST_F(CommandPlatformTest, RevertAndReadCommands) {
  CommandPlatform p = platform(
      "kind: command\napply: 'echo a >> log'\nrevert: 'echo r >> log'\n"
      "read: [echo, '{\"jvm.heap\": 512, \"gc\": \"Serial\", \"other\": 1}']\n");
  engine::ApplyRequest back = request("d2", 256);
  back.roll_back = true;
  const auto live = p.apply(back, {}, {}, seconds(20));
  ASSERT_TRUE(live) << live.error().to_string();
  EXPECT_EQ(file("log"), "r\n");
  EXPECT_EQ(live->configuration, (model::Configuration{{"jvm.heap", 512}, {"gc", "Serial"}}));
}

TEST_F(CommandPlatformTest, DeadlineEndsTheCommand) {
  CommandPlatform p = platform("kind: command\napply: [sleep, '600']\ntimeout: 100ms\n");
  EXPECT_EQ(p.apply(request("d1", 1), {}, {}, seconds(20)).error().code, Code::kDeadlineExceeded);
}

TEST_F(CommandPlatformTest, FaultsOfTheBlock) {
  const auto block = yaml::parse("kind: command\naply: [x]\n", "study.yaml");
  const auto settings = read_command_settings(*block, directory_);
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().field.substr(0, 9), "platform.");
}

}  // namespace
}  // namespace trimtab::platform
