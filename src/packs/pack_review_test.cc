// What is said of packs that read without a fault, and of applications whose platform cannot set a value.
#include "packs/pack_review.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "packs/application_document.h"
#include "packs/platform_support.h"
#include "yaml/document.h"

namespace trimtab::packs {
namespace {

constexpr const char* kPack = R"yaml(apiVersion: trimtab.dev/v1
kind: Pack
name: own
version: 0.1.0
parameters:
  - {name: small, type: integer, min: 1, max: 4, render: {argument: "-s${value}"}}
  - {name: large, type: integer, min: 8, max: 9, render: {sysctl: net.core.somaxconn}}
  - {name: bare, type: integer, min: 8, max: 9}
metrics:
  - {name: lag, query: "max(lag{$LABELS$})"}
  - {name: all, query: max(lag)}
relations:
  - small <= large
  - large <= small
  - small <= container.memory_limit
)yaml";

TEST(PackReviewTest, SaysWhatPlatformsDoNotSetAndWhatNothingSatisfies) {
  const Pack pack = read_pack(yaml::parse(kPack, "p.yaml").value()).value();
  std::vector<std::string> fields;
  for (const PackNote& note : review(pack))
    fields.push_back(note.field);
  EXPECT_EQ(fields, (std::vector<std::string>{"parameters[1]", "parameters[2]", "relations", "metrics[1]"}));
  EXPECT_TRUE(review(pack)[2].text.contains("large <= small")) << review(pack)[2].text;
  EXPECT_EQ(review(pack)[0].text, "the platform local or kubernetes does not set large");
}

TEST(PackReviewTest, BuiltInPacksHaveOnlyWhatTheirPlatformsDoNotSet) {
  const PackLibrary library = PackLibrary::embedded().value();
  for (const Pack* pack : library.all()) {
    for (const PackNote& note : review(*pack))
      EXPECT_TRUE(note.text.contains("does not set")) << pack->name << ": " << note.text;
  }
}

std::string shop(const std::string& platform, const std::string& parameter) {
  return "kind: Application\nplatform: {kind: " + platform +
         "}\ncomponents: [{name: container, pack: container}, {name: hpa, pack: hpa}, {name: linux, pack: linux}]\n"
         "parameters:\n  - {name: " +
         parameter + "}\n";
}

bool refuses(const std::string& text, std::string_view part) {
  return std::ranges::any_of(application_faults(text, "a.yaml", PackLibrary::embedded().value()),
                             [&](const Error& fault) { return fault.message.contains(part); });
}

TEST(PlatformSupportTest, AParameterThatThePlatformDoesNotSetIsAFaultOfTheApplication) {
  EXPECT_TRUE(refuses(shop("local", "container.cpu_request"),
                      "container.cpu_request is a request of the container, which the platform local does not set"));
  EXPECT_FALSE(refuses(shop("kubernetes", "container.cpu_request"), "does not set"));
  EXPECT_TRUE(refuses(shop("local", "hpa.min_replicas"), "which the platform local does not set"));
  EXPECT_FALSE(refuses(shop("kubernetes", "hpa.min_replicas"), "does not set"));
  EXPECT_TRUE(refuses(shop("kubernetes", "linux.somaxconn"), "which the platform kubernetes does not set"));
  EXPECT_FALSE(refuses(shop("simulated", "hpa.min_replicas"), "does not set"));
  EXPECT_FALSE(refuses(shop("local", "container.cpu_limit"), "does not set"));
}

// The guide's table of renderings says "no" where a platform sets nothing.
TEST(PlatformSupportTest, TheGuideSaysTheSame) {
  std::ifstream stream(std::filesystem::path(TRIMTAB_SOURCE_DIR) / "docs/guide/packs.md");
  const std::string guide{std::istreambuf_iterator<char>(stream), {}};
  const auto row = [&](const std::string& start) {
    const auto at = guide.find("\n| " + start);
    EXPECT_NE(at, std::string::npos) << start;
    return guide.substr(at + 1, guide.find('\n', at + 1) - at - 1);
  };
  using Place = Rendering::Place;
  for (const auto& [start, place] :
       {std::pair("`limit`", Place::kLimit), std::pair("`request`", Place::kRequest), std::pair("`flag`", Place::kFlag),
        std::pair("`argument`", Place::kArgument), std::pair("`environment`", Place::kEnvironment),
        std::pair("`autoscaler`", Place::kAutoscaler), std::pair("`sysctl`", Place::kSysctl)}) {
    Rendering rendering;
    rendering.place = place;
    const std::string cells = row(start);
    const auto first = cells.find("| ", 2) + 2;
    const auto second = cells.find("| ", first) + 2;
    const auto without = platforms_without(rendering);
    EXPECT_EQ(cells.substr(first, 2) == "no", std::ranges::find(without, "local") != without.end()) << cells;
    EXPECT_EQ(cells.substr(second, 2) == "no", std::ranges::find(without, "kubernetes") != without.end()) << cells;
  }
}

}  // namespace
}  // namespace trimtab::packs
