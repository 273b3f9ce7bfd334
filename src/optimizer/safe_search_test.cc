#include "optimizer/safe_search.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "optimizer/encoding.h"
#include "optimizer/test_service.h"

namespace trimtab::optimizer {
namespace {

using test::observe;
using test::service;
using test::shop_problem;

SafeSearchRequest request_at(const Problem& problem, int windows, double peak, std::uint64_t seed) {
  SafeSearchRequest request;
  request.incumbent = problem.baseline;
  Random random(seed);
  for (int i = 0; i < windows; ++i)
    request.observations.push_back(observe(request.incumbent, test::day_load(i, 24, peak), random, i));
  request.expected_loads = {0.2 * peak, 0.5 * peak, 0.8 * peak, peak};
  request.seed = seed;
  return request;
}

SafeSearchResult search(const Problem& problem, const SafeSearchRequest& request) {
  auto result = safe_search(problem, request);
  EXPECT_TRUE(result.has_value()) << result.error().to_string();
  EXPECT_NE(result->proposal.has_value(), result->none.has_value());
  return std::move(*result);
}

double cost(const Problem& problem, const model::Configuration& configuration) {
  return problem.objective.goal_value(0, {}, configuration).value();
}

TEST(SafeSearch, FirstProposalFromAFewWindows) {
  const Problem problem = shop_problem();
  const SafeSearchRequest request = request_at(problem, 12, 60, 1);
  const SafeSearchResult result = search(problem, request);
  ASSERT_TRUE(result.proposal.has_value()) << result.none->text;
  EXPECT_EQ(result.proposal->kind, "exploit");
  EXPECT_LT(cost(problem, result.proposal->configuration), cost(problem, request.incumbent));
  EXPECT_GT(result.proposal->gain, 0.05);
  EXPECT_GE(result.proposal->confidence, 0.95);
  EXPECT_LT(service(result.proposal->configuration, 60).p95, 250);
  EXPECT_FALSE(service(result.proposal->configuration, 60).out_of_memory);
  // Predictions at two loads for two SLOs, and the goal; a sentence for every change.
  EXPECT_EQ(result.proposal->predictions.size(), 5U);
  EXPECT_FALSE(result.proposal->bindings.empty());
  for (const std::string& name : request.incumbent.difference(result.proposal->configuration))
    EXPECT_FALSE(result.proposal->why.at(name).empty());
}

TEST(SafeSearch, NothingWithoutEvidence) {
  const Problem problem = shop_problem();
  EXPECT_EQ(search(problem, request_at(problem, 0, 60, 1)).none->reason_code, "not_enough_evidence");
  EXPECT_EQ(search(problem, request_at(problem, 1, 60, 1)).none->reason_code, "not_enough_evidence");
}

TEST(SafeSearch, NothingForALoadFarBeyondWhatWasSeen) {
  const Problem problem = shop_problem();
  SafeSearchRequest request = request_at(problem, 12, 60, 1);
  request.expected_loads = {50, 200};
  EXPECT_EQ(search(problem, request).none->reason_code, "load_not_covered");
}

TEST(SafeSearch, RefusesWhatDoesNotFit) {
  const Problem problem = shop_problem();
  SafeSearchRequest request = request_at(problem, 12, 60, 1);
  request.incumbent.erase("jvm.heap");
  EXPECT_FALSE(safe_search(problem, request).has_value());
  request = request_at(problem, 12, 60, 1);
  request.incumbent.set("unknown", 1);
  EXPECT_FALSE(safe_search(problem, request).has_value());
  request = request_at(problem, 12, 60, 1);
  request.frozen = {"unknown"};
  EXPECT_FALSE(safe_search(problem, request).has_value());
}

TEST(SafeSearch, SameInputSameAnswer) {
  const Problem problem = shop_problem();
  const SafeSearchRequest request = request_at(problem, 30, 60, 4);
  const SafeSearchResult a = search(problem, request);
  const SafeSearchResult b = search(problem, request);
  ASSERT_TRUE(a.proposal.has_value());
  EXPECT_EQ(a.proposal->configuration, b.proposal->configuration);
  EXPECT_EQ(a.proposal->confidence, b.proposal->confidence);
}

TEST(SafeSearch, GivesBackRoomWhenTheLoadOutgrowsTheConfiguration) {
  Problem problem = shop_problem();
  problem.baseline.set("container.cpu_limit", 0.55);
  const SafeSearchRequest request = request_at(problem, 24, 62, 2);
  ASSERT_GT(service(problem.baseline, 62).p95, 250);
  const SafeSearchResult result = search(problem, request);
  ASSERT_TRUE(result.proposal.has_value()) << result.none->text;
  EXPECT_EQ(result.proposal->kind, "return");
  EXPECT_GT(*result.proposal->configuration.number("container.cpu_limit"), 0.55);
}

// Near the peak nothing that needs a restart moves; at night it does.
TEST(SafeSearch, RestartsWaitForAQuietTime) {
  std::vector<model::Parameter> parameters = shop_problem().space.parameters();
  parameters[0].effect = model::ChangeEffect::kLive;  // the CPU limit
  Problem problem = shop_problem();
  auto space = model::Space::create(parameters, problem.space.constraints());
  ASSERT_TRUE(space.has_value());
  problem.space = *space;
  problem.baseline.set("container.cpu_limit", 0.9);
  SafeSearchRequest request = request_at(problem, 37, 60, 1);  // ends at noon, at the peak
  const SafeSearchResult noon = search(problem, request);
  ASSERT_TRUE(noon.proposal.has_value()) << noon.none->text;
  EXPECT_EQ(request.incumbent.difference(noon.proposal->configuration),
            std::vector<std::string>{"container.cpu_limit"});
  request = request_at(problem, 49, 60, 1);  // ends at midnight
  const SafeSearchResult night = search(problem, request);
  ASSERT_TRUE(night.proposal.has_value()) << night.none->text;
  EXPECT_GT(request.incumbent.difference(night.proposal->configuration).size(), 1U);
}

// Much throttling is forecast for a smaller quota although response times are still far from their bound.
TEST(SafeSearch, ThrottlingWarnsBeforeResponseTimesDo) {
  const Problem problem = shop_problem();
  SafeSearchRequest request = request_at(problem, 25, 60, 1);
  const SafeSearchResult calm = search(problem, request);
  ASSERT_TRUE(calm.proposal.has_value());
  EXPECT_LT(*calm.proposal->configuration.number("container.cpu_limit"), 1.5);
  for (model::Observation& observation : request.observations)
    observation.metrics["container.throttled_ratio"] = observation.load > 40 ? 0.4 : 0.05;
  for (model::Observation& observation : request.observations)
    observation.metrics["p95"] = 0.85 * 250;  // within the bound, not comfortable: no licence for more throttling
  const SafeSearchResult throttled = search(problem, request);
  if (throttled.proposal) {
    EXPECT_GE(*throttled.proposal->configuration.number("container.cpu_limit"), 1.5);
  }
}

TEST(SafeSearch, PredictsWhatWasObserved) {
  const Problem problem = shop_problem();
  const SafeSearchRequest request = request_at(problem, 48, 60, 5);
  const auto p95 = predict(problem, request, "p95", request.incumbent, 60);
  ASSERT_TRUE(p95.has_value());
  const double truth = service(request.incumbent, 60).p95;
  EXPECT_NEAR(p95->mean, truth, 0.1 * truth);
  EXPECT_LT(p95->low, truth);
  EXPECT_GT(p95->high, truth);
  const auto used = predict(problem, request, "container.cpu_used", request.incumbent, 60);
  ASSERT_TRUE(used.has_value());
  EXPECT_NEAR(used->mean, service(request.incumbent, 60).cpu_used, 0.05);
  EXPECT_FALSE(predict(problem, request, "nobody", request.incumbent, 60).has_value());
}

// Random incumbents, steps, frozen parameters, barred regions and limits: what the user set always holds.
TEST(SafeSearch, NeverLeavesWhatTheUserSet) {
  const Problem problem = shop_problem();
  const Encoding encoding(problem.space, problem.baseline);
  Random random(99);
  int proposals = 0;
  for (int round = 0; round < 40; ++round) {
    SafeSearchRequest request;
    do {
      std::vector<double> row;
      for (std::size_t k = 0; k < encoding.size(); ++k)
        row.push_back(encoding.categorical()[k] ? static_cast<double>(random.below(3)) : random.uniform());
      request.incumbent = encoding.decode(row);
    } while (!problem.space.validate(request.incumbent));
    const double peak = random.uniform(5, 80);
    for (int i = 0; i < 10; ++i)
      request.observations.push_back(observe(request.incumbent, test::day_load(i, 10, peak), random, i));
    for (model::Observation& observation : request.observations)
      if (random.uniform() < 0.8) observation.failed = false;
    request.expected_loads = {0.5 * peak, peak};
    request.seed = random.next();
    request.max_changes = static_cast<int>(random.below(4));
    if (random.uniform() < 0.5) request.frozen = {"container.cpu_limit", "jvm.gc"};
    if (random.uniform() < 0.5) request.barred.push_back({request.incumbent.with({{"jvm.gc", "Serial"}}), 0.2});
    const auto result = safe_search(problem, request);
    ASSERT_TRUE(result.has_value()) << result.error().to_string();
    if (!result->proposal) continue;
    ++proposals;
    const model::Configuration& proposed = result->proposal->configuration;
    EXPECT_TRUE(problem.space.validate(proposed).has_value()) << proposed.to_string();
    const auto changed = request.incumbent.difference(proposed);
    EXPECT_FALSE(changed.empty());
    if (request.max_changes > 0) {
      EXPECT_LE(changed.size(), static_cast<std::size_t>(request.max_changes));
    }
    for (const std::string& name : changed) {
      EXPECT_EQ(std::ranges::count(request.frozen, name), 0) << name;
      const model::Parameter* parameter = problem.space.find(name);
      if (parameter->is_number() && parameter->max_step) {
        EXPECT_LE(std::abs(*proposed.number(name) - *request.incumbent.number(name)), *parameter->max_step + 1e-9);
      }
    }
    for (const BarredRegion& region : request.barred)
      EXPECT_GT(encoding.distance(proposed, region.configuration), region.radius);
  }
  EXPECT_GT(proposals, 10);
}

TEST(SafeSearch, ExtremeAndDegenerateObservations) {
  const Problem problem = shop_problem();
  for (const double factor : {1e-12, 1e12}) {
    SafeSearchRequest request = request_at(problem, 12, 60, 3);
    for (model::Observation& observation : request.observations)
      for (auto& [name, value] : observation.metrics)
        value *= factor;
    EXPECT_TRUE(safe_search(problem, request).has_value());
  }
  SafeSearchRequest constant = request_at(problem, 6, 60, 3);
  for (model::Observation& observation : constant.observations)
    observation = constant.observations.front();
  EXPECT_TRUE(safe_search(problem, constant).has_value());
  for (model::Observation& observation : constant.observations) {
    observation.failed = true;
    observation.metrics.clear();
  }
  EXPECT_EQ(search(problem, constant).none->reason_code, "not_enough_evidence");
}

}  // namespace
}  // namespace trimtab::optimizer
