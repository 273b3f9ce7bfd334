#include "model/space_document.h"

#include <gtest/gtest.h>

#include "model/satisfy.h"

namespace trimtab::model {
namespace {

constexpr const char* kDocument = R"(apiVersion: trimtab.dev/v1
kind: Space
parameters:
  - {name: heap, type: integer, min: 256, max: 4096, scale: log, unit: MiB}
  - {name: memory, type: integer, min: 512, max: 8192, step: 64}
  - {name: ratio, type: real, min: 0.1, max: 0.9, step: 0.05}
  - {name: gc, type: categorical, values: [Serial, Parallel, G1]}
  - {name: level, type: ordinal, values: [low, medium, high]}
  - {name: region, type: integer, min: 1, max: 32, scale: log, when: gc == "G1"}
constraints:
  - heap + 300 <= memory
goal: {minimize: cost}
formulas: {cost: 20 * cpu + memory / 1024}
slos:
  - p95 <= 250
  - {metric: errors, max: 0.01, confidence: 0.99}
  - throughput >= 0.95 * arrivals
context: [{name: load, type: real, scale: log}]
baseline: {heap: 1024, memory: 2048, ratio: 0.3, gc: Serial, level: low}
candidates: points.csv
)";

yaml::Document parse(std::string_view text) {
  return yaml::parse(text, "space.yaml").value();
}

std::vector<std::string> faults(std::string_view text) {
  std::vector<std::string> lines;
  for (const auto& error : space_document_faults(parse(text)))
    lines.push_back(error.to_string());
  return lines;
}

// kDocument with one piece replaced.
std::string with(std::string_view old_text, std::string_view new_text) {
  std::string text = kDocument;
  const auto at = text.find(old_text);
  EXPECT_NE(at, std::string::npos) << old_text;
  return text.replace(at, old_text.size(), new_text);
}

TEST(SpaceDocumentTest, ReadsAllParts) {
  const auto result = read_space_document(parse(kDocument));
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ(result->space.parameters().size(), 6U);
  EXPECT_EQ(result->space.find("heap")->scale, Scale::kLog);
  EXPECT_EQ(result->space.find("heap")->unit, "MiB");
  EXPECT_TRUE(result->space.find("region")->when);
  EXPECT_EQ(result->space.constraints().front().text, "heap + 300 <= memory");
  EXPECT_EQ(result->objective.slos()[1].confidence, 0.99);
  EXPECT_EQ(result->objective.slos()[1].name, "errors");
  EXPECT_EQ(result->objective.slos()[2].bound, 1);
  EXPECT_EQ(result->objective.slo_value(2, {{"throughput", 19.0}, {"arrivals", 20.0}}, {}), 1.0);
  EXPECT_EQ(result->context.front().name, "load");
  EXPECT_TRUE(result->context.front().log_scale);
  EXPECT_EQ(result->baseline.number("heap"), 1024);
  EXPECT_EQ(result->candidates_file, "points.csv");
}

TEST(SpaceDocumentTest, ReportsFaultsWithPlaceFieldAndHint) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(faults(with("max: 4096", "maxx: 4096")),
            (Lines{"the field \"max\" is missing, space.yaml:4:5 (parameters[0].max)",
                   "unknown field \"maxx\", space.yaml:4:43 (parameters[0].maxx), did you mean \"max\"?"}));
  EXPECT_EQ(faults(with("min: 256", "min: 256Mi")).at(0),
            "expected a plain number, found \"256Mi\", space.yaml:4:38 (parameters[0].min), leave the unit out; it is "
            "the unit of the parameter or metric");
  EXPECT_EQ(faults(with("min: 256", "min: 5000")),
            (Lines{"min 5000 is greater than max 4096, space.yaml:4:38 (parameters[0].min), swap them"}));
  EXPECT_EQ(faults(with("heap + 300 <= memory", "heap + 300 <= memry")),
            (Lines{"\"memry\" is not a parameter, space.yaml:11:5 (constraints[0]), did you mean \"memory\"?"}));
  EXPECT_EQ(faults(with("heap + 300 <= memory", "heap + gc <= memory")),
            (Lines{"\"gc\" is a text where a number is needed, space.yaml:11:12 (constraints[0])"}));
  EXPECT_EQ(faults(with("heap + 300 <= memory", "heap + 300")),
            (Lines{"\"heap + 300\" is not a condition, space.yaml:11:5 (constraints[0]), write a comparison, for "
                   "example heap + 300 <= memory"}));
  EXPECT_EQ(faults(with("heap: 1024", "heap: 9000")).at(0),
            "heap = 9000 is outside its range 256 to 4096 MiB, space.yaml:19:18 (baseline.heap)");
  EXPECT_EQ(faults(with("gc: Serial", "gc: serial")).at(0),
            "\"serial\" is no value of gc, space.yaml:19:54 (baseline.gc), known: Serial, Parallel, G1");
  EXPECT_EQ(faults(with("memory: 2048", "memory: 1024")),
            (Lines{"the constraint \"heap + 300 <= memory\" does not hold (heap = 1024, memory = 1024), "
                   "space.yaml:19:11 (baseline)"}));
  EXPECT_EQ(faults(with("cost: 20 * cpu + memory / 1024", "cost: a, a: cost * 2")),
            (Lines{"the formulas go in a circle: a -> cost -> a, space.yaml:13:24 (formulas.a)"}));
  EXPECT_EQ(faults(with("p95 <= 250", "p95 == 250")),
            (Lines{"\"p95 == 250\" is no bound, space.yaml:15:5 (slos[0]), write for example p95 <= 250"}));
  EXPECT_EQ(faults(with("goal: {minimize: cost}\n", "")).size(), 1U);
  EXPECT_EQ(faults(with("when: gc == \"G1\"", "when: gc == \"G2\"")).size(), 1U);
}

TEST(SpaceDocumentTest, ReportsSeveralFaultsAtOnce) {
  std::string text = with("max: 4096", "max: much");
  text.replace(text.find("p95 <= 250"), 10, "p95 <= ");
  EXPECT_EQ(faults(text).size(), 2U);
  const auto result = read_space_document(parse(text));
  EXPECT_NE(result.error().hint.find("also: "), std::string::npos);
}

TEST(SpaceDocumentTest, NamesTheConstraintThatNothingSatisfies) {
  EXPECT_EQ(faults(with("heap + 300 <= memory", "heap + 9000 <= memory")),
            (std::vector<std::string>{
                "no values within the ranges satisfy \"heap + 9000 <= memory\": it is missed by at least 1064, "
                "space.yaml:11:5 (constraints[0]), widen a range or relax the constraint"}));
}

TEST(SpaceDocumentTest, AnSloMayStateItsUnit) {
  for (const auto& [text, unit] :
       std::vector<std::pair<const char*, const char*>>{{"p95 <= 250 ms", "ms"},
                                                        {"p95<=250ms", "ms"},
                                                        {"x >= 2 requests/s", "requests/s"},
                                                        {"errors <= 1 %", "%"},
                                                        {"p95 <= 250", ""},
                                                        {"throughput >= 0.95 * arrivals", ""},
                                                        {"p95 <= 1e3", ""}}) {
    const auto document = parse("goal: {minimize: cost}\nslos: ['" + std::string(text) + "']\n");
    yaml::Faults read;
    yaml::MappingReader reader(document.root, "", read);
    const auto parts = read_objective(reader, 0.95, read);
    ASSERT_TRUE(read.empty()) << text << ": " << read.all().front().message;
    EXPECT_EQ(parts.slo_places[0].unit, unit) << text;
    EXPECT_EQ(parts.slos[0].name, text);
  }
}

TEST(SpaceDocumentTest, AUnitThatNothingCanBeComparedWithIsAFault) {
  EXPECT_EQ(faults(with("p95 <= 250", "p95 <= 250 ms")),
            (std::vector<std::string>{"the unit ms cannot be checked, space.yaml:15:5 (slos[0]), leave it out: only a "
                                      "bound on a metric whose unit is known may state it"}));
}

TEST(ParseSloTest, UnderstandsBothSides) {
  EXPECT_EQ(parse_slo("p95 <= 250", 0.9)->bound, 250);
  EXPECT_EQ(parse_slo("p95 < 2 * 125", 0.9)->bound, 250);
  const Slo flipped = parse_slo("250 >= p95", 0.9).value();
  EXPECT_TRUE(flipped.upper);
  EXPECT_EQ(flipped.value.to_string(), "p95");
  EXPECT_FALSE(parse_slo("p95", 0.9));
  EXPECT_FALSE(parse_slo("1 < 2", 0.9));
  EXPECT_FALSE(parse_slo("p95 <= 250 ms", 0.9));
}

Space space_with(std::vector<const char*> constraints) {
  std::string text =
      "parameters:\n"
      "  - {name: a, type: integer, min: 0, max: 1000}\n"
      "  - {name: b, type: integer, min: 0, max: 1000}\n"
      "  - {name: c, type: real, min: 0.001, max: 1000, scale: log}\n"
      "  - {name: gc, type: categorical, values: [x, y, z]}\n";
  const auto document = parse(text);
  yaml::Faults read;
  yaml::MappingReader reader(document.root, "", read);
  Space space = read_space(reader, read);
  EXPECT_TRUE(read.empty());
  std::vector<Constraint> relations;
  for (const auto* constraint : constraints)
    relations.push_back({expr::Expression::parse(constraint).value(), constraint});
  return Space::create(space.parameters(), std::move(relations)).value();
}

TEST(SatisfyTest, FindsNarrowSolutions) {
  for (const auto& constraints : std::vector<std::vector<const char*>>{
           {"a == 2 * b + 1"},
           {"a + b == 1999"},
           {"a + b <= 700", "a >= 350", "b >= 350"},
           {"gc == 'z' || a > 999", "a < 3"},
           {"a * b >= 999000"},
           {"a - b >= 10", "b - c >= 900"},
       }) {
    const Space space = space_with(constraints);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const auto found = find_satisfying(space, seed);
      ASSERT_TRUE(found) << found.error().to_string();
      EXPECT_TRUE(space.validate(*found)) << found->to_string();
    }
  }
}

TEST(SatisfyTest, NamesWhatCannotHold) {
  EXPECT_EQ(find_satisfying(space_with({"a <= 500", "b <= 300", "a + b >= 900"}), 1).error().message,
            "no values within the ranges satisfy \"a + b >= 900\" together with \"a <= 500\", \"b <= 300\": it is "
            "missed by at least 100");
  const Error error = find_satisfying(space_with({"a >= 0", "a * b > 1000001"}), 1).error();
  EXPECT_EQ(error.message,
            "no configuration satisfies all constraints: of 20000 tried, none satisfied \"a * b > 1000001\"");
  EXPECT_EQ(error.field, "constraints[1]");
}

}  // namespace
}  // namespace trimtab::model
