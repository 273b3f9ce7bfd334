#include "optimizer/encoding.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"
#include "optimizer/test_service.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Parameter;
using model::ParameterType;

model::Space mixed_space() {
  std::vector<Parameter> parameters{test::number("heap", 64, 4096, 1, {}), test::number("ratio", -1, 1, 0.25, {}),
                                    test::category("gc", {"Serial", "Parallel", "G1"}),
                                    test::category("level", {"low", "medium", "high"}),
                                    test::number("region", 1, 32, 1, {})};
  parameters[0].type = ParameterType::kInteger;
  parameters[0].scale = model::Scale::kLog;
  parameters[3].type = ParameterType::kOrdinal;
  parameters[4].when = *expr::Expression::parse("gc == \"G1\"");
  auto space = model::Space::create(std::move(parameters), {});
  EXPECT_TRUE(space.has_value());
  return std::move(*space);
}

TEST(Encoding, KnownCoordinates) {
  const model::Space space = mixed_space();
  const Encoding encoding(space, {{"region", 8}});
  const auto row = encoding.encode({{"heap", 512}, {"ratio", 0.5}, {"gc", "Parallel"}, {"level", "high"}});
  EXPECT_DOUBLE_EQ(row[0], 0.5);
  EXPECT_DOUBLE_EQ(row[1], 0.75);
  EXPECT_DOUBLE_EQ(row[2], 1);
  EXPECT_DOUBLE_EQ(row[3], 1);
  EXPECT_DOUBLE_EQ(row[4], 7.0 / 31);  // inactive: the fallback's
}

TEST(Encoding, AnInactiveParameterDoesNotMatter) {
  const model::Space space = mixed_space();
  const Encoding encoding(space, {});
  Configuration a{{"heap", 512}, {"ratio", 0.5}, {"gc", "Serial"}, {"level", "low"}, {"region", 4}};
  Configuration b = a.with({{"region", 30}});
  EXPECT_EQ(encoding.encode(a), encoding.encode(b));
  EXPECT_EQ(encoding.distance(a, b), 0);
  EXPECT_EQ(encoding.canonical(a).find("region"), nullptr);
  EXPECT_EQ(encoding.distance(a, a.with({{"gc", "Parallel"}})), 1);
}

// decode() always gives what the space accepts, and encode() of it decodes to the same.
TEST(Encoding, RoundTripOnTheGrid) {
  const model::Space space = mixed_space();
  const Encoding encoding(space, {});
  Random random(1);
  for (int round = 0; round < 500; ++round) {
    std::vector<double> row;
    for (std::size_t k = 0; k < encoding.size(); ++k)
      row.push_back(random.uniform(-0.2, 2.5));
    const Configuration configuration = encoding.decode(row);
    EXPECT_TRUE(space.validate(configuration).has_value()) << configuration.to_string();
    EXPECT_EQ(encoding.decode(encoding.encode(configuration)), configuration);
  }
}

}  // namespace
}  // namespace trimtab::optimizer
