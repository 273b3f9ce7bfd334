#include "model/space.h"

#include <cmath>

#include <gtest/gtest.h>

namespace trimtab::model {
namespace {

Parameter integer(std::string name, double min, double max, std::optional<double> step = std::nullopt) {
  Parameter p;
  p.name = std::move(name);
  p.type = ParameterType::kInteger;
  p.min = min;
  p.max = max;
  p.step = step;
  return p;
}

Parameter real(std::string name, double min, double max, std::optional<double> step = std::nullopt) {
  Parameter p = integer(std::move(name), min, max, step);
  p.type = ParameterType::kReal;
  return p;
}

Parameter categories(std::string name, std::vector<std::string> values) {
  Parameter p;
  p.name = std::move(name);
  p.type = ParameterType::kCategorical;
  p.values = std::move(values);
  return p;
}

Parameter when(Parameter p, const char* condition) {
  p.when = expr::Expression::parse(condition).value();
  return p;
}

Constraint constraint(const char* text) {
  return {expr::Expression::parse(text).value(), text};
}

Space jvm_space() {
  return Space::create({integer("memory", 256, 4096, 16), integer("jvm.heap", 128, 4096, 16),
                        categories("gc", {"Serial", "G1"}), when(integer("region", 1, 32), "gc == 'G1'")},
                       {constraint("jvm.heap + 128 <= memory"), constraint("region * 64 <= jvm.heap")})
      .value();
}

TEST(ParameterTest, SnapsToTheDecimalNumbersOfTheGrid) {
  const Parameter cpu = real("cpu", 0.05, 1.02, 0.05);
  EXPECT_EQ(cpu.cardinality(), 20U);
  EXPECT_EQ(cpu.snap(0.31), 0.3);  // exactly, although 0.05 + 5 * 0.05 is not
  EXPECT_EQ(cpu.snap(5), 1.0);     // 1.02 is not on the grid
  EXPECT_EQ(cpu.snap(-1), 0.05);
  EXPECT_EQ(integer("heap", 96, 1024, 16).snap(500), 496);
  EXPECT_EQ(real("r", 0.1, 0.9).snap(0.123456), 0.123456);
  for (int k = 0; k < 20; ++k) {
    const double value = cpu.snap(0.05 + 0.05 * k);
    EXPECT_TRUE(cpu.validate(value)) << value;
    EXPECT_EQ(cpu.snap(value), value);
  }
}

TEST(ParameterTest, RefusesWhatIsNotAdmissible) {
  const Parameter heap = integer("heap", 96, 1024, 16);
  EXPECT_TRUE(heap.validate(112));
  EXPECT_EQ(heap.validate(100).error().hint, "the nearest is 96");
  EXPECT_EQ(heap.validate(2048).error().message, "heap = 2048 is outside its range 96 to 1024");
  EXPECT_FALSE(heap.validate("G1"));
  EXPECT_FALSE(heap.validate(std::nan("")));
  const Parameter gc = categories("gc", {"Serial", "G1"});
  EXPECT_TRUE(gc.validate("G1"));
  EXPECT_EQ(gc.validate("ZGC").error().hint, "known: Serial, G1");
  EXPECT_FALSE(gc.validate(1));
}

TEST(ParameterTest, ChecksItsDefinition) {
  const auto field = [](const Parameter& p) {
    const auto checked = p.check();
    return checked ? std::string("sound") : checked.error().field;
  };
  EXPECT_EQ(field(integer("a", 1, 2)), "sound");
  EXPECT_EQ(field(integer("1a", 1, 2)), "name");
  EXPECT_EQ(field(integer("a..b", 1, 2)), "name");
  EXPECT_EQ(field(integer("not", 1, 2)), "name");
  EXPECT_EQ(field(integer("a", 3, 2)), "min");
  EXPECT_EQ(field(integer("a", 1, 2.5)), "max");
  EXPECT_EQ(field(real("a", 1, 2, 0)), "step");
  EXPECT_EQ(field(categories("a", {})), "values");
  EXPECT_EQ(field(categories("a", {"x", "x"})), "values[1]");
  Parameter p = real("a", 0, 2, 0.5);
  p.scale = Scale::kLog;
  EXPECT_EQ(field(p), "min");
  p = real("a", 0, 2, 0.5);
  p.max_step = 0.1;
  EXPECT_EQ(field(p), "max_step");
}

TEST(SpaceTest, ValidatesConfigurations) {
  const Space space = jvm_space();
  EXPECT_TRUE(space.validate({{"memory", 512}, {"jvm.heap", 256}, {"gc", "Serial"}}));
  EXPECT_TRUE(space.validate({{"memory", 512}, {"jvm.heap", 256}, {"gc", "G1"}, {"region", 4}}));
  const auto field = [&](const Configuration& c) { return space.validate(c).error().field; };
  EXPECT_EQ(field({{"memory", 512}, {"jvm.heap", 256}, {"gc", "G1"}}), "region");
  EXPECT_EQ(field({{"memory", 512}, {"jvm.heap", 257}, {"gc", "Serial"}}), "jvm.heap");
  EXPECT_EQ(field({{"memory", 512}, {"gc", "Serial"}}), "jvm.heap");
  EXPECT_EQ(field({{"memory", 512}, {"jvm.heap", 256}, {"gc", "Serial"}, {"x", 1}}), "x");
  EXPECT_EQ(space.validate({{"memory", 512}, {"jvm.heap", 400}, {"gc", "Serial"}}).error().message,
            "the constraint \"jvm.heap + 128 <= memory\" does not hold (jvm.heap = 400, memory = 512)");
}

TEST(SpaceTest, InactiveParametersBindNothing) {
  const Space space = jvm_space();
  // region * 64 <= heap is about region, which does not exist under the serial collector.
  EXPECT_TRUE(space.validate({{"memory", 512}, {"jvm.heap", 256}, {"gc", "Serial"}, {"region", 32}}));
  EXPECT_TRUE(space.satisfies_constraints({{"memory", 512}, {"jvm.heap", 256}, {"gc", "Serial"}, {"region", 32}}));
  EXPECT_FALSE(space.satisfies_constraints({{"memory", 512}, {"jvm.heap", 256}, {"gc", "G1"}, {"region", 32}}));
  EXPECT_FALSE(space.satisfies_constraints({{"memory", 512}}));
}

TEST(SpaceTest, AConditionOnAnInactiveParameterDoesNotHold) {
  const Space space = Space::create({categories("a", {"x", "y"}), when(categories("b", {"x", "y"}), "a == 'y'"),
                                     when(integer("c", 1, 2), "b == 'x'")},
                                    {})
                          .value();
  const Parameter& c = *space.find("c");
  EXPECT_FALSE(space.is_active(c, {{"a", "x"}, {"b", "x"}, {"c", 1}}));
  EXPECT_TRUE(space.is_active(c, {{"a", "y"}, {"b", "x"}, {"c", 1}}));
}

TEST(SpaceTest, RefusesUnsoundSpacesWithTheField) {
  EXPECT_EQ(Space::create({integer("a", 1, 2), integer("a", 1, 2)}, {}).error().field, "parameters[1].name");
  EXPECT_EQ(Space::create({integer("a", 1, 2), integer("b", 2, 1)}, {}).error().field, "parameters[1].min");
  EXPECT_EQ(Space::create({integer("a", 1, 2)}, {constraint("a <= b")}).error().field, "constraints[0]");
  const auto cycle =
      Space::create({integer("z", 1, 2), when(integer("a", 1, 2), "b == 1"), when(integer("b", 1, 2), "a == 1")}, {});
  EXPECT_EQ(cycle.error().message, "the conditions go in a circle: a -> b -> a");
  EXPECT_EQ(cycle.error().field, "parameters[1].when");
  EXPECT_EQ(Space::create({when(integer("a", 1, 2), "q == 1")}, {}).error().field, "parameters[0].when");
}

}  // namespace
}  // namespace trimtab::model
