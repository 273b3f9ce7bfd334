#include "packs/pack.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "packs/embedded.h"

namespace trimtab::packs {
namespace {

constexpr const char* kPack = R"yaml(apiVersion: trimtab.dev/v1
kind: Pack
name: node
version: 0.1.0
parameters:
  - {name: old_space, type: integer, unit: MB, min: 64, max: 4096, render: {flag: "--max-old-space-size=${value}"}}
  - {name: memory, type: integer, unit: MiB, min: 64, max: 8192, render: {limit: memory}}
  - name: mode
    type: categorical
    values: [quick, small]
    render: {argument_by_value: {quick: --quick, small: ""}}
  - {name: pool, type: integer, min: 1, max: 64, render: {environment: UV_THREADPOOL_SIZE}}
metrics:
  - {name: lag, unit: ms, query: "max(lag{$LABELS$})", role: latency, plausible: {min: 0, max: 1e5}}
monotone:
  - {metric: lag, parameter: pool, direction: decreasing}
)yaml";

std::string with(std::string_view old_text, std::string_view new_text) {
  std::string text = kPack;
  return text.replace(text.find(old_text), old_text.size(), new_text);
}

std::vector<std::string> faults(const std::string& text) {
  std::vector<std::string> lines;
  for (const auto& error : pack_faults(yaml::parse(text, "p.yaml").value()))
    lines.push_back(error.to_string());
  return lines;
}

TEST(PackTest, Reads) {
  const auto pack = read_pack(yaml::parse(kPack, "p.yaml").value());
  ASSERT_TRUE(pack) << pack.error().to_string();
  EXPECT_EQ(pack->find_parameter("pool")->rendering.place, Rendering::Place::kEnvironment);
  EXPECT_EQ(pack->find_metric("lag")->metric.role, model::MetricRole::kLatency);
  EXPECT_FALSE(pack->find_metric("lag")->metric.required);
  EXPECT_EQ(pack->find_metric("none"), nullptr);
  const auto rendered = render(*pack, {{"old_space", 512}, {"mode", "quick"}, {"pool", 8}, {"memory", 1024}});
  EXPECT_EQ(rendered->flags, std::vector<std::string>{"--max-old-space-size=512"});
  EXPECT_EQ(rendered->arguments, std::vector<std::string>{"--quick"});
  EXPECT_EQ(rendered->environment.at("UV_THREADPOOL_SIZE"), "8");
  EXPECT_EQ(rendered->limits.at("memory"), 1024);
}

TEST(PackTest, AValueRenderedAsNothingIsWhatIsFoundWhenNothingIsWritten) {
  const auto pack = read_pack(yaml::parse(kPack, "p.yaml").value()).value();
  EXPECT_EQ(recognise(pack, {"node"}, {}, {}).find("mode")->text(), "small");
  EXPECT_EQ(recognise(pack, {"node", "--quick"}, {}, {}).find("mode")->text(), "quick");
}

TEST(PackTest, FaultsHavePlaces) {
  EXPECT_EQ(faults(with("limit: memory", "limit: cpu")).at(0),
            "cpu is given in cores, the parameter is in \"MiB\", p.yaml:7:82 (parameters[1].render.limit), write unit: "
            "cores");
  EXPECT_EQ(faults(with("${value}", "512")).size(), 1U);
  EXPECT_EQ(faults(with("small: \"\"", "smal: \"\"")).size(), 2U);
  EXPECT_EQ(faults(with("limit: memory", "limit: memory, request: memory")).size(), 1U);
  EXPECT_EQ(faults(with("role: latency", "role: latncy")).size(), 1U);
  EXPECT_EQ(faults(with("metric: lag", "metric: lagg")).size(), 1U);
  EXPECT_TRUE(faults(with("role: latency", "shows: pool, within: 0.1")).empty());
  EXPECT_EQ(faults(with("role: latency", "shows: pol")).size(), 1U);
  EXPECT_EQ(faults(with("role: latency", "shows: mode")).size(), 1U);  // no number
  EXPECT_EQ(faults(with("role: latency", "shows: pool, within: 1.5")).size(), 1U);
  EXPECT_EQ(faults(with("name: pool", "name: mode")).size(), 2U);  // and the monotone relation has lost its parameter
  EXPECT_EQ(faults(with("kind: Pack", "kind: Space")).size(), 1U);
  EXPECT_EQ(faults(with("environment: UV_THREADPOOL_SIZE", "environment: A, pattern: \"${value}${value:x}\"")).size(),
            1U);
}

// Packs may come from strangers: what is too deep, too large or made of aliases is refused, not expanded.
TEST(PackTest, HostileDocumentsAreRefused) {
  std::string deep = "kind: Pack\nfacts: ";
  deep += std::string(100, '[') + std::string(100, ']');
  std::string aliases = "kind: Pack\na: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'h'; ++c) {
    aliases += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i)
      aliases += std::string("*") + static_cast<char>(c - 1) + ", ";
    aliases += "]\n";
  }
  const std::string large = "kind: Pack\ndescription: " + std::string(5 << 20, 'x') + "\n";
  for (const std::string& text : {deep, aliases, large}) {
    const auto document = yaml::parse(text, "p.yaml");
    ASSERT_FALSE(document) << text.substr(0, 40);
    EXPECT_EQ(document.error().code, Code::kExhausted) << text.substr(0, 40);
  }
  // Many names at once: the work stays in proportion.
  std::string many = kPack;
  std::string relations = "relations:\n";
  for (int i = 0; i < 2000; ++i)
    relations += "  - pool <= memory\n";
  EXPECT_TRUE(faults(many + relations).empty());
}

TEST(PackTest, AnUnknownNameOfARelationIsMetWithTheNearest) {
  const auto lines = faults(std::string(kPack) + "relations: [old_spce <= memory]\n");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].contains("did you mean \"old_space\"?")) << lines[0];
}

TEST(PackTest, HexadecimalDigitsAreForWholeNumbersFromZero) {
  const std::string hexadecimal = "environment: UV_THREADPOOL_SIZE, pattern: \"0x${value:x}\"";
  EXPECT_TRUE(faults(with("environment: UV_THREADPOOL_SIZE", hexadecimal)).empty());
  const auto of_text =
      faults(with("argument_by_value: {quick: --quick, small: \"\"}", "environment: MODE, pattern: \"${value:x}\""));
  ASSERT_EQ(of_text.size(), 1U);
  EXPECT_TRUE(of_text[0].contains("only whole numbers from 0 can be written as ${value:x}")) << of_text[0];
}

TEST(PackLibraryTest, EveryEmbeddedPackIsSoundAndDocumented) {
  const auto library = PackLibrary::embedded();
  ASSERT_TRUE(library) << library.error().to_string();
  EXPECT_EQ(library->all().size(), embedded_packs().size());
  for (const Pack* pack : library->all()) {
    EXPECT_FALSE(pack->description.empty()) << pack->name;
    EXPECT_TRUE(pack->source.starts_with("https://")) << pack->name;
    for (const auto& parameter : pack->parameters) {
      EXPECT_FALSE(parameter.parameter.description.empty()) << pack->name << "." << parameter.parameter.name;
      EXPECT_TRUE(parameter.source.starts_with("https://")) << pack->name << "." << parameter.parameter.name;
      EXPECT_NE(parameter.rendering.place, Rendering::Place::kNone) << parameter.parameter.name;
    }
    for (const auto& metric : pack->metrics) {
      EXPECT_FALSE(metric.metric.unit.empty()) << pack->name << "." << metric.metric.name;
      EXPECT_NE(metric.metric.query.find("$LABELS$"), std::string::npos) << pack->name << "." << metric.metric.name;
      EXPECT_TRUE(metric.source.starts_with("https://")) << pack->name << "." << metric.metric.name;
    }
  }
}

// docs/packs is made from the packs: trimtab pack document docs/packs
TEST(PackLibraryTest, ThePagesOfTheDocumentationAreCurrent) {
  const auto library = PackLibrary::embedded().value();
  const std::filesystem::path folder = std::string(TRIMTAB_SOURCE_DIR) + "/docs/packs";
  for (const Pack* pack : library.all()) {
    std::ifstream stream(folder / (pack->name + ".md"), std::ios::binary);
    const std::string page{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_EQ(page, to_markdown(*pack)) << "run: trimtab pack document docs/packs";
  }
}

TEST(PackLibraryTest, ParametersSayWhatIsTheCaseWithoutThem) {
  const auto library = PackLibrary::embedded().value();
  for (const char* name : {"container", "hpa", "jvm", "go", "nodejs", "dotnet", "python", "postgresql", "redis"}) {
    for (const auto& entry : library.find(name)->parameters) {
      EXPECT_FALSE(entry.default_text.empty()) << name << "." << entry.parameter.name;
      EXPECT_FALSE(entry.risk.empty()) << name << "." << entry.parameter.name;
    }
    for (const auto& fact : library.find(name)->facts)
      EXPECT_TRUE(fact.source.starts_with("https://")) << name << ": " << fact.text;
  }
}

TEST(PackLibraryTest, AFolderWinsByName) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "trimtab_packs_of_a_user";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "own.yaml") << with("name: node", "name: jvm");
  auto library = PackLibrary::embedded().value();
  ASSERT_TRUE(library.add_folder(folder.string()));
  EXPECT_EQ(library.find("jvm")->version, "0.1.0");
  std::ofstream(folder / "own.yaml") << "kind: Nothing\n";
  EXPECT_NE(library.add_folder(folder.string()).error().position.file.find("own.yaml"), std::string::npos);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(library.add_folder(folder.string()).error().code, Code::kNotFound);
}

// Whoever reads a page must be able to check it.
TEST(PackLibraryTest, EveryParameterMetricFactAndRelationAcrossPacksCitesItsSource) {
  const auto is_source = [](const std::string& text) { return text.starts_with("https://"); };
  const PackLibrary library = PackLibrary::embedded().value();
  for (const Pack* pack : library.all()) {
    EXPECT_TRUE(is_source(pack->source)) << pack->name;
    for (const auto& parameter : pack->parameters) {
      const std::string where = pack->name + "." + parameter.parameter.name;
      EXPECT_TRUE(is_source(parameter.source)) << where;
      EXPECT_FALSE(parameter.default_text.empty()) << where;
      EXPECT_FALSE(parameter.parameter.description.empty()) << where;
    }
    for (const auto& metric : pack->metrics)
      EXPECT_TRUE(is_source(metric.source)) << pack->name << "." << metric.metric.name;
    for (const auto& fact : pack->facts)
      EXPECT_TRUE(is_source(fact.source)) << pack->name << ": " << fact.text;
    for (const auto& relation : pack->relations) {
      EXPECT_TRUE(is_source(relation.source)) << pack->name << ": " << relation.text;
      EXPECT_FALSE(relation.why.empty()) << pack->name << ": " << relation.text;
    }
  }
}

}  // namespace
}  // namespace trimtab::packs
