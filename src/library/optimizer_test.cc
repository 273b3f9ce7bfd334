#include "trimtab/optimizer.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trimtab {
namespace {

using testing::HasSubstr;

Space service() {
  return Space()
      .integer("threads", 1, 64, {.log_scale = true})
      .real("share", 0, 1, {.step = 0.05})
      .categorical("mode", {"safe \"x\"", "fast: yes"})
      .ordinal("level", {"low", "high"})
      .integer("window", 1, 10, {.when = "mode == \"fast: yes\""})
      .constraint("threads * share <= 40")
      .minimize("cost")
      .slo("p95 <= 250")
      .context("load")
      .baseline({{"threads", 8.0}, {"share", 0.5}, {"mode", "safe \"x\""}, {"level", "low"}});
}

Numbers measured(const Values& c) {
  const double threads = std::get<double>(c.at("threads"));
  const double share = std::get<double>(c.at("share"));
  return {{"cost", threads * (0.2 + share) + (c.contains("window") ? 0 : 3)}, {"p95", 30 + 300 / threads + 40 * share}};
}

TEST(Library, FindsSavesAndGoesOnExactly) {
  const Options options{.seed = 5, .budget = 20};
  auto one = Optimizer::create(service(), options);
  ASSERT_TRUE(one.has_value()) << one.error().message;
  for (int i = 0; i < 12; ++i) {
    const auto next = one->ask(1, {{"load", 300}});
    ASSERT_TRUE(next.has_value()) << next.error().message;
    if (i == 4) {
      ASSERT_TRUE(one->tell_failed(next->front().id, "out of memory").has_value());
      continue;
    }
    const auto told = one->tell(next->front().id, measured(next->front().configuration));
    ASSERT_TRUE(told.has_value()) << told.error().message;
    EXPECT_EQ(told->goals.size(), 1U);
  }
  const auto best = one->best();
  ASSERT_TRUE(best.has_value() && best->has_value());
  EXPECT_LE((*best)->metrics.at("p95"), 250);
  EXPECT_LT((*best)->goals.front(), 8 * 0.7 + 3);  // better than the baseline
  auto two = Optimizer::restore(service().document(), options, one->save());
  ASSERT_TRUE(two.has_value()) << two.error().message;
  for (int i = 0; i < 3; ++i) {
    const auto a = one->ask(2);
    const auto b = two->ask(2);
    ASSERT_TRUE(a.has_value() && b.has_value());
    EXPECT_EQ(a->at(1).configuration, b->at(1).configuration);
    EXPECT_EQ(a->at(1).why, b->at(1).why);
  }
  EXPECT_EQ(one->save(), two->save());
}

TEST(Library, AnswersQuestions) {
  auto one = Optimizer::create(Space().real("a", 0, 1).real("b", 0, 1).minimize("time").maximize("speed"), {});
  ASSERT_TRUE(one.has_value()) << one.error().message;
  EXPECT_FALSE(one->best().value().has_value());
  EXPECT_EQ(one->predict({{"a", 0.5}, {"b", 0.5}}).error().code, "unavailable");
  for (const double a : {0.1, 0.3, 0.5, 0.7, 0.9})
    ASSERT_TRUE(one->tell_point({{"a", a}, {"b", 1 - a}}, {{"time", a}, {"speed", a * a}}).has_value());
  EXPECT_EQ(one->pareto().value().size(), 5U);
  EXPECT_EQ(one->pareto().value().front().goals.size(), 2U);
  EXPECT_EQ(one->explain().value().size(), 2U);
  EXPECT_TRUE(one->predict({{"a", 0.5}, {"b", 0.5}}).has_value());
}

TEST(Library, FaultsAreValues) {
  const auto code = [](const auto& outcome) { return outcome ? std::string("none") : outcome.error().code; };
  EXPECT_EQ(code(Optimizer::create("nonsense: [", {})), "invalid_input");
  EXPECT_EQ(code(Optimizer::create(Space().minimize("x"), {})), "invalid_input");
  EXPECT_EQ(code(Optimizer::create(Space().real("a", 2, 1).minimize("x"), {})), "invalid_input");
  EXPECT_EQ(code(Optimizer::create(Space().real("a", 0, std::nan("")).minimize("x"), {})), "invalid_input");
  auto one = Optimizer::create(Space().real("a", 0, 1).minimize("time"), {});
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(code(one->ask(0)), "invalid_input");
  EXPECT_EQ(code(one->ask(65)), "invalid_input");
  EXPECT_EQ(code(one->tell("t-1", {{"time", 1}})), "not_found");
  EXPECT_EQ(code(one->tell_point({{"a", 3.0}}, {{"time", 1}})), "invalid_input");
  EXPECT_EQ(code(one->tell_point({{"a", 0.5}}, {{"time", std::nan("")}})), "invalid_input");
  EXPECT_EQ(one->tell_point({{"a", 0.5}}, {{"time", INFINITY}}).error().field, "tell.metrics.time");
  const auto next = one->ask();
  ASSERT_TRUE(one->tell(next->front().id, {{"time", 1}}).has_value());
  EXPECT_EQ(code(one->tell(next->front().id, {{"time", 1}})), "conflict");
}

TEST(Library, ASavedStateIsWholeAndItsOwn) {
  const std::string document = Space().real("a", 0, 1).minimize("time").document();
  auto one = Optimizer::create(document, {.seed = 2});
  ASSERT_TRUE(one.has_value());
  ASSERT_TRUE(one->tell(one->ask()->front().id, {{"time", 1}}).has_value());
  const std::string saved = one->save();
  EXPECT_TRUE(Optimizer::restore(document, {.seed = 2}, saved).has_value());
  EXPECT_EQ(Optimizer::restore(document, {.seed = 3}, saved).error().code, "conflict");
  EXPECT_EQ(Optimizer::restore(document + "#", {.seed = 2}, saved).error().code, "conflict");
  for (std::size_t cut = 0; cut + 1 < saved.size(); ++cut) {
    const auto restored = Optimizer::restore(document, {.seed = 2}, saved.substr(0, cut));
    if (saved[cut == 0 ? 0 : cut - 1] == '\n') continue;  // whole lines are a state of their own, or none
    ASSERT_FALSE(restored.has_value()) << cut;
    EXPECT_EQ(restored.error().code, "data_loss");
  }
}

TEST(Library, TakesPriors) {
  const Space space = Space().real("a", 0, 1).minimize("time");
  auto one = Optimizer::create(space, {.priors = {"a,time\n0.1,9\n0.3,5\n0.5,2\n0.8,7\n"}});
  ASSERT_TRUE(one.has_value()) << one.error().message;
  EXPECT_THAT(one->prior_notes(), testing::ElementsAre(HasSubstr("4 of 4 runs")));
  EXPECT_EQ(std::get<double>(one->ask()->front().configuration.at("a")), 0.5);
  // A saved state is one, too.
  for (const double a : {0.2, 0.6, 0.9})
    ASSERT_TRUE(one->tell_point({{"a", a}}, {{"time", 3 + a}}).has_value());
  const auto two = Optimizer::create(space, {.seed = 7, .priors = {one->save()}});
  ASSERT_TRUE(two.has_value()) << two.error().message;
  EXPECT_THAT(two->prior_notes(), testing::ElementsAre(HasSubstr("3 of 3 runs")));
}

}  // namespace
}  // namespace trimtab
