#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"
#include "packs/pack.h"

namespace trimtab::packs {
namespace {

using model::Configuration;

class RecogniseTest : public testing::Test {
 protected:
  RecogniseTest() : library_(PackLibrary::embedded().value()) {}
  [[nodiscard]] const Pack& pack(const char* name) const { return *library_.find(name); }
  [[nodiscard]] Configuration jvm(const std::vector<std::string>& words,
                                  const std::map<std::string, std::string>& environment = {}) const {
    return recognise(pack("jvm"), words, environment, {});
  }

  PackLibrary library_;
};

TEST_F(RecogniseTest, UnderstandsHeapSizesAsTheJvmDoes) {
  EXPECT_EQ(jvm({"java", "-Xmx512m"}).number("heap"), 512);
  EXPECT_EQ(jvm({"java", "-Xmx512M"}).number("heap"), 512);
  EXPECT_EQ(jvm({"java", "-Xmx1g"}).number("heap"), 1024);
  EXPECT_EQ(jvm({"java", "-Xmx524288k"}).number("heap"), 512);
  EXPECT_EQ(jvm({"java", "-Xmx536870912"}).number("heap"), 512);
  EXPECT_EQ(jvm({"java", "-XX:MaxHeapSize=256m"}).number("heap"), 256);
  EXPECT_EQ(jvm({"java", "-Xss1m"}).number("thread_stack"), 1024);
  EXPECT_FALSE(jvm({"java", "-Xmx12x"}).number("heap"));
  EXPECT_FALSE(jvm({"java", "-Xmx"}).number("heap"));
  EXPECT_FALSE(jvm({"java", "-Xms512m"}).number("heap"));
  EXPECT_TRUE(jvm({}).empty());
}

TEST_F(RecogniseTest, TheLastOfARepeatedFlagCounts) {
  EXPECT_EQ(jvm({"java", "-Xmx512m", "-Xmx256m"}).number("heap"), 256);
  EXPECT_EQ(jvm({"java", "-XX:MaxHeapSize=1g", "-Xmx256m", "-XX:MaxHeapSize=128m"}).number("heap"), 128);
  EXPECT_EQ(jvm({"java", "-XX:+UseSerialGC", "-XX:+UseG1GC"}).find("gc")->text(), "G1");
}

TEST_F(RecogniseTest, EnvironmentComesBeforeOrAfterTheCommandLine) {
  EXPECT_EQ(jvm({"java", "-jar", "x.jar"}, {{"JAVA_TOOL_OPTIONS", "-Xmx300m '-XX:+UseParallelGC'"}}).to_string(),
            "gc=Parallel heap=300");
  EXPECT_EQ(jvm({"java", "-Xmx512m"}, {{"JAVA_TOOL_OPTIONS", "-Xmx300m"}}).number("heap"), 512);
  EXPECT_EQ(jvm({"java", "-Xmx512m"}, {{"_JAVA_OPTIONS", "-Xmx300m"}}).number("heap"), 300);
  EXPECT_EQ(jvm({"java"}, {{"JDK_JAVA_OPTIONS", "-Xmx200m"}, {"JAVA_TOOL_OPTIONS", "-Xmx300m"}}).number("heap"), 200);
}

TEST_F(RecogniseTest, WordsOfTheProgramAreNoFlags) {
  EXPECT_EQ(jvm({"java", "-Xmx512m", "-jar", "x.jar", "-Xmx64m"}).number("heap"), 512);
  EXPECT_EQ(jvm({"/usr/bin/java", "-cp", "a:b", "-Xmx512m", "Main", "-Xmx64m"}).number("heap"), 512);
  const std::vector<std::string> words{"java", "-Dserver.tomcat.threads.max=7", "-jar", "x.jar",
                                       "--server.tomcat.threads.max=50"};
  EXPECT_EQ(recognise(pack("tomcat"), words, {}, {}).number("max_threads"), 50);
  EXPECT_EQ(recognise(pack("tomcat"), {"java", "-Dserver.tomcat.threads.max=7", "-jar", "x"}, {}, {}).to_string(),
            "max_threads=7");
  EXPECT_EQ(recognise(pack("tomcat"), {"java", "-jar", "x"}, {{"SERVER_TOMCAT_THREADS_MAX", "9"}}, {}).to_string(),
            "max_threads=9");
}

TEST_F(RecogniseTest, ReadsLimits) {
  const Configuration found = recognise(pack("container"), {"java"}, {}, {{"cpu", 0.35}, {"memory", 768}});
  EXPECT_EQ(found.to_string(), "cpu_limit=0.35 memory_limit=768");
  EXPECT_TRUE(recognise(pack("container"), {"java"}, {}, {}).empty());
}

Configuration draw(const Pack& pack, Random& random) {
  Configuration configuration;
  for (const auto& [parameter, rendering, source] : pack.parameters) {
    if (parameter.is_number()) {
      configuration.set(parameter.name, parameter.snap(random.uniform(parameter.min, parameter.max)));
    } else {
      configuration.set(parameter.name, parameter.values[random.below(parameter.values.size())]);
    }
  }
  return configuration;
}

TEST_F(RecogniseTest, IsTheInverseOfRenderForEveryPack) {
  Random random(7);
  for (const Pack* pack : library_.all()) {
    for (int i = 0; i < 200; ++i) {
      const Configuration wanted = draw(*pack, random);
      const auto rendered = render(*pack, wanted);
      ASSERT_TRUE(rendered) << rendered.error().to_string();
      std::vector<std::string> words{"program"};
      words.insert(words.end(), rendered->flags.begin(), rendered->flags.end());
      if (pack->launcher.is_known()) words.insert(words.end(), {pack->launcher.program_options.front(), "x"});
      words.insert(words.end(), rendered->arguments.begin(), rendered->arguments.end());
      const Configuration found = recognise(*pack, words, rendered->environment, rendered->limits);
      for (const auto& [name, value] : wanted.entries()) {
        const auto place = pack->find_parameter(name)->rendering.place;
        if (place == Rendering::Place::kNone || place == Rendering::Place::kRequest) continue;
        ASSERT_NE(found.find(name), nullptr) << pack->name << "." << name;
        EXPECT_EQ(*found.find(name), value) << pack->name << "." << name;
      }
    }
  }
}

TEST_F(RecogniseTest, RenderRefusesWhatThePackDoesNotKnow) {
  EXPECT_EQ(render(pack("jvm"), {{"heep", 1}}).error().field, "heep");
  EXPECT_EQ(render(pack("jvm"), {{"gc", "ZZ"}}).error().field, "gc");
  EXPECT_FALSE(render(pack("container"), {{"cpu_limit", "much"}}));
}

}  // namespace
}  // namespace trimtab::packs
