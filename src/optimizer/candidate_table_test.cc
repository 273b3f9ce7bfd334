#include "optimizer/candidate_table.h"

#include <gtest/gtest.h>

#include "optimizer/test_service.h"

namespace trimtab::optimizer {
namespace {

model::Space space() {
  auto window = test::number("window", 1, 10, 1, {});
  window.when = test::formula("mode == \"fast\"");
  auto made =
      model::Space::create({test::number("share", 0, 1, 0.25, {}), test::category("mode", {"safe", "fast"}), window},
                           {{test::formula("share < 1"), "share < 1"}});
  CHECK(made.has_value());
  return *made;
}

TEST(CandidateTable, ReadsWhatIsAParameter) {
  const auto read =
      read_candidates("mode,time, share ,window\r\n\"safe\",\"1,5\",0.5,\r\nfast,2,0.75,4\nfast,3,0.75,4\n\n", space());
  ASSERT_TRUE(read.has_value()) << read.error().to_string();
  ASSERT_EQ(read->size(), 2U);  // one stands twice
  EXPECT_EQ((*read)[0], (model::Configuration{{"mode", "safe"}, {"share", 0.5}}));
  EXPECT_EQ((*read)[1], (model::Configuration{{"mode", "fast"}, {"share", 0.75}, {"window", 4}}));
}

TEST(CandidateTable, SaysWhereItIsWrong) {
  const auto line = [](const std::string& text) { return read_candidates(text, space()).error().position.line; };
  EXPECT_EQ(line(""), 1);
  EXPECT_EQ(line("share,mode,window\n"), 1);
  EXPECT_EQ(line("shar,mode,window\n0.5,safe,\n"), 1);
  EXPECT_EQ(line("share,mode,window\n0.5,safe,\nx,safe,\n"), 3);
  EXPECT_EQ(line("share,mode,window\n0.3,safe,\n"), 2);
  EXPECT_EQ(line("share,mode,window\n0.5,safe,\n0.5,safe\n"), 3);
  EXPECT_EQ(line("share,mode,window\n1,safe,\n"), 2);
  EXPECT_EQ(line("share,mode,window\n0.5,fast,\n"), 2);
}

}  // namespace
}  // namespace trimtab::optimizer
