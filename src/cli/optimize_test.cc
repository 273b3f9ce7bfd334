// trimtab optimize as a program runs it, and its state file cut off at every byte.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/optimize_journal.h"
#include "cli/request_lines.h"

namespace trimtab::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char* kSpace = R"(apiVersion: trimtab.dev/v1
kind: Space
parameters:
  - {name: level, type: integer, min: 1, max: 19}
  - {name: threads, type: integer, min: 1, max: 8}
goal: {minimize: time}
)";

class Optimize : public testing::Test {
 protected:
  Optimize() {
    std::filesystem::create_directories(folder_);
    write("space.yaml", kSpace);
  }
  ~Optimize() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream stream(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  // The reply lines.
  std::vector<std::string> run_lines(const std::string& input, std::vector<std::string> options = {}) {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    Streams streams{.in = in, .out = out, .err = err, .stop = {}};
    std::vector<std::string> arguments{"optimize", path("space.yaml")};
    arguments.insert(arguments.end(), options.begin(), options.end());
    code_ = run(arguments, streams);
    error_ = err.str();
    std::vector<std::string> lines;
    std::istringstream reply(out.str());
    for (std::string line; std::getline(reply, line);)
      lines.push_back(line);
    return lines;
  }

  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("optimize_") + testing::UnitTest::GetInstance()->current_test_info()->name());
  int code_ = -1;
  std::string error_;
};

std::string tell(int number, double time) {
  return json{{"tell", {{"id", "t-" + std::to_string(number)}, {"metrics", {{"time", time}}}}}}.dump() + "\n";
}

const std::string kAsk = "{\"ask\":{}}\n";

TEST_F(Optimize, OneReplyALineAndZeroAtTheEnd) {
  const auto lines = run_lines(kAsk + "nonsense\r\n" + tell(1, 3) + "\n" + R"({"best":{}})");
  EXPECT_EQ(code_, 0) << error_;
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_THAT(lines[0], HasSubstr("\"id\":\"t-1\""));
  EXPECT_THAT(lines[1], HasSubstr("invalid_input"));
  EXPECT_THAT(lines[2], HasSubstr("\"objective\":3.0"));
  EXPECT_THAT(lines[3], HasSubstr("error"));
  EXPECT_THAT(lines[4], HasSubstr("\"time\":3.0"));
}

TEST_F(Optimize, LongLinesAreRefusedAndSkipped) {
  const auto lines = run_lines(std::string(3'000'000, 'x') + "\n" + kAsk + std::string(1'048'577, '['));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], HasSubstr("exhausted"));
  EXPECT_THAT(lines[1], HasSubstr("t-1"));
  EXPECT_THAT(lines[2], HasSubstr("exhausted"));
  EXPECT_EQ(code_, 0);
}

TEST_F(Optimize, FaultyDocumentsEndItBeforeItBegins) {
  write("space.yaml", std::string(kSpace) + "constraints: [level < threads - 10]\n");
  run_lines(kAsk);
  EXPECT_EQ(code_, 2);
  EXPECT_THAT(error_, HasSubstr("constraints[0]"));
  write("space.yaml", std::string(kSpace) + "candidates: points.csv\n");
  run_lines(kAsk);
  EXPECT_EQ(code_, 3);
  write("points.csv", "level,threads\n1,2\n3,40\n");
  run_lines(kAsk);
  EXPECT_EQ(code_, 2);
  EXPECT_THAT(error_, HasSubstr("points.csv:3"));
  write("points.csv", "level,threads,time\n1,2,5\n3,4,6\n");
  const auto lines = run_lines(kAsk + kAsk + kAsk);
  EXPECT_EQ(code_, 0) << error_;
  EXPECT_EQ(lines.size(), 3U);
}

// What a killed process leaves: every prefix of the file. Whatever was told to its end is known again, and from there
// the suggestions are those of a run that was never interrupted.
TEST_F(Optimize, StateCutAtEveryByteGoesOnFromTheLastWholeTell) {
  std::string whole;
  std::vector<std::string> asked;  // reply to the i-th ask
  constexpr int kRounds = 9;
  for (int i = 0; i < kRounds; ++i)
    whole += kAsk + tell(i + 1, 10 + (i * 7) % 5);
  const auto uninterrupted = run_lines(whole, {"--state", path("state")});
  ASSERT_EQ(code_, 0) << error_;
  const std::string state = read("state");
  std::vector<std::size_t> ends;  // of the complete lines
  for (std::size_t at = state.find('\n'); at != std::string::npos; at = state.find('\n', at + 1))
    ends.push_back(at + 1);
  ASSERT_EQ(ends.size(), 2U + 2 * kRounds);
  for (std::size_t cut = 0; cut <= state.size(); ++cut) {
    write("cut", state.substr(0, cut));
    const auto complete =
        static_cast<std::size_t>(std::ranges::count_if(ends, [&](std::size_t end) { return end <= cut; }));
    const std::size_t records = complete < 2 ? 0 : complete - 2;  // without version and owner
    const auto read_back = read_journal(state.substr(0, cut));
    ASSERT_TRUE(read_back.has_value()) << cut;
    // Whether the next request is an ask or a tell, the reply is that of the run that was not interrupted.
    std::istringstream requests(whole);
    std::string next;
    for (std::size_t i = 0; i <= records && i < 2 * kRounds; ++i)
      std::getline(requests, next);
    if (records == 2 * kRounds || (cut % 7 != 0 && complete == 0)) continue;
    const auto lines = run_lines(next + "\n", {"--state", path("cut")});
    ASSERT_EQ(code_, 0) << cut << ' ' << error_;
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0], uninterrupted[records]) << cut;
    const bool torn = std::ranges::find(ends, cut) == ends.end() && cut > 0;
    EXPECT_EQ(error_.find("dropped") != std::string::npos, torn) << cut << error_;
    // The file is whole again: it holds the records before and the new one.
    EXPECT_EQ(read_journal(read("cut"))->records.size(), records + 2) << cut;
  }
}

TEST_F(Optimize, StateOfSomethingElseIsRefused) {
  run_lines(kAsk + tell(1, 2), {"--state", path("state")});
  const std::string state = read("state");
  run_lines(kAsk, {"--state", path("state"), "--seed", "2"});
  EXPECT_EQ(code_, 4);
  EXPECT_EQ(read("state"), state);
  write("notes.txt", "not a state\n");
  run_lines(kAsk, {"--state", path("notes.txt")});
  EXPECT_EQ(code_, 2);
  EXPECT_EQ(read("notes.txt"), "not a state\n");
  std::string damaged = state;
  damaged[damaged.find("suggested") + 1] ^= 1;
  write("state", damaged);
  run_lines(kAsk, {"--state", path("state")});
  EXPECT_EQ(code_, 1);
  EXPECT_THAT(error_, HasSubstr("damaged"));
  EXPECT_EQ(read("state"), damaged);
  write("state", "trimtab optimize state 9\n");
  run_lines(kAsk, {"--state", path("state")});
  EXPECT_THAT(error_, HasSubstr("another version"));
  run_lines(kAsk, {"--state", folder_.string()});
  EXPECT_EQ(code_, 6);
}

TEST_F(Optimize, OneProcessHasAState) {
  const auto first = Journal::open(path("state"), "x");
  ASSERT_TRUE(first.has_value());
  run_lines(kAsk, {"--state", path("state")});
  EXPECT_EQ(code_, 4);
  EXPECT_THAT(error_, HasSubstr("in use"));
}

TEST(RequestLines, SplitsWhateverArrives) {
  std::istringstream in("a\n\nbb\r\ntoo long a line\n" + std::string(8, 'c') + "\nlast");
  RequestLines lines(in, 8, {});
  for (const std::string expected : {"a", "", "bb", "!", "cccccccc", "last"}) {
    const auto line = lines.next();
    ASSERT_TRUE(line.has_value());
    EXPECT_EQ(line->too_long ? "!" : line->text, expected);
  }
  EXPECT_FALSE(lines.next().has_value());
}

TEST_F(Optimize, LearnsFromAPriorAndItsStateBelongsToIt) {
  write("old.csv", "lvl,threads,time\n3,2,9\n5,2,7\n9,4,3\n12,4,4\n17,8,8\n");
  const std::vector<std::string> options{"--prior", path("old.csv"), "--rename", "lvl=level", "--state", path("state")};
  const auto first = run_lines("{\"ask\":{}}\n", options);
  ASSERT_EQ(code_, 0) << error_;
  EXPECT_THAT(error_, HasSubstr("prior old.csv: 5 of 5 runs"));
  ASSERT_EQ(first.size(), 1U);
  const json suggestion = json::parse(first[0])["suggestions"][0];
  EXPECT_EQ(suggestion["configuration"], json({{"level", 9}, {"threads", 4}}));
  EXPECT_THAT(suggestion["why"].get<std::string>(), HasSubstr("prior"));
  run_lines("", options);
  EXPECT_EQ(code_, 0) << error_;
  run_lines("", {"--state", path("state")});
  EXPECT_EQ(code_, 4);
  run_lines("", {"--prior", path("state"), "--rename", "lvl"});
  EXPECT_EQ(code_, 2);
  EXPECT_THAT(error_, HasSubstr("--rename"));
  run_lines("", {"--prior", path("missing.csv")});
  EXPECT_NE(code_, 0);
}

}  // namespace
}  // namespace trimtab::cli
