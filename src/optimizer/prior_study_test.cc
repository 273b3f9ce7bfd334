#include "optimizer/prior_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "optimizer/test_service.h"

namespace trimtab::optimizer {
namespace {

using testing::HasSubstr;

model::Space make_space() {
  auto space = model::Space::create(
      {test::number("workers", 1, 64, 1, std::nullopt), test::category("gc", {"Serial", "G1"})}, {});
  CHECK(space.has_value());
  return std::move(*space);
}

PriorStudy read(const std::string& text, const Renames& renames = {}) {
  auto study = read_prior_study(text, "old", make_space(), renames);
  EXPECT_TRUE(study.has_value()) << study.error().to_string();
  return study ? *std::move(study) : PriorStudy{};
}

std::string fault(const std::string& text) {
  const auto study = read_prior_study(text, "old", make_space(), {});
  EXPECT_FALSE(study.has_value());
  return study ? "" : study.error().to_string();
}

TEST(PriorStudy, ReadsATable) {
  const PriorStudy study =
      read("\xEF\xBB\xBFthreads,gc,p95,failed,note\r\n8,G1,120.5,0,fine\n128,\"Shenandoah\",,true,\n\n",
           {{"threads", "workers"}});
  ASSERT_EQ(study.trials.size(), 2U);
  EXPECT_EQ(study.trials[0].configuration.to_string(), "gc=G1 workers=8");
  EXPECT_EQ(study.trials[0].metrics, (model::Metrics{{"p95", 120.5}}));
  EXPECT_FALSE(study.trials[0].failed);
  EXPECT_EQ(study.trials[1].configuration.to_string(), "gc=Shenandoah workers=128");
  EXPECT_TRUE(study.trials[1].failed);
}

TEST(PriorStudy, ReadsRequestsRepliesAndAStateFile) {
  const PriorStudy lines = read(R"({"ask":{}}
{"suggestions":[{"id":"t-1","configuration":{"workers":4,"gc":"G1","extra":true},"why":"x"}]}
{"tell":{"id":"t-1","metrics":{"p95":10},"context":{"load":3}}}
{"tell":{"id":"t-9","metrics":{"p95":10}}}
{"tell":{"configuration":{"workers":5,"gc":"Serial"},"failed":"out of memory"}}
)");
  ASSERT_EQ(lines.trials.size(), 2U);
  EXPECT_EQ(lines.trials[0].configuration.to_string(), "gc=G1 workers=4");
  EXPECT_EQ(lines.trials[0].metrics, (model::Metrics{{"load", 3}, {"p95", 10}}));
  EXPECT_TRUE(lines.trials[1].failed);
  const PriorStudy state = read(
      "trimtab optimize state 1\n"
      "10 0123456789abcdef {\"seed\":1,\"space\":\"x\"}\n"
      "10 0123456789abcdef {\"suggested\":[{\"workers\":1},{\"workers\":2}],\"context\":{},\"first\":\"t-3\"}\n"
      "10 0123456789abcdef {\"tell\":{\"id\":\"t-4\",\"metrics\":{\"p95\":7}}}\n"
      "10 0123456789abcdef {\"tell\":{\"id\":\"t-3\",\"met");  // killed while it wrote
  ASSERT_EQ(state.trials.size(), 1U);
  EXPECT_EQ(state.trials[0].configuration.to_string(), "workers=2");
}

TEST(PriorStudy, FaultsNameTheLine) {
  EXPECT_THAT(fault("workers,p95\n1\n"), HasSubstr("1 cells where the header has 2"));
  EXPECT_THAT(fault("{\"tell\":{}}\n{nonsense\n"), HasSubstr("neither CSV nor lines of JSON"));
  EXPECT_THAT(fault("workers,p95\n"), HasSubstr("no run"));
  EXPECT_THAT(fault(""), HasSubstr("no run"));
  EXPECT_THAT(fault("{\"best\":{}}\n"), HasSubstr("no run"));
}

}  // namespace
}  // namespace trimtab::optimizer
