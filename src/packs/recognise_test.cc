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
  EXPECT_FALSE(jvm({}).number("heap"));
}

TEST_F(RecogniseTest, TheLastOfARepeatedFlagCounts) {
  EXPECT_EQ(jvm({"java", "-Xmx512m", "-Xmx256m"}).number("heap"), 256);
  EXPECT_EQ(jvm({"java", "-XX:MaxHeapSize=1g", "-Xmx256m", "-XX:MaxHeapSize=128m"}).number("heap"), 128);
  EXPECT_EQ(jvm({"java", "-XX:+UseSerialGC", "-XX:+UseG1GC"}).find("gc")->text(), "G1");
}

TEST_F(RecogniseTest, EnvironmentComesBeforeOrAfterTheCommandLine) {
  const auto found = jvm({"java", "-jar", "x.jar"}, {{"JAVA_TOOL_OPTIONS", "-Xmx300m '-XX:+UseParallelGC'"}});
  EXPECT_EQ(found.find("gc")->text(), "Parallel");
  EXPECT_EQ(found.number("heap"), 300);
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
  for (const auto& entry : pack.parameters) {
    const model::Parameter& parameter = entry.parameter;
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
        using enum Rendering::Place;
        if (place == kNone || place == kRequest || place == kAutoscaler || place == kSysctl) continue;
        ASSERT_NE(found.find(name), nullptr) << pack->name << "." << name;
        EXPECT_EQ(*found.find(name), value) << pack->name << "." << name;
      }
    }
  }
}

TEST_F(RecogniseTest, APatternMayHoldItsValueTwice) {
  const auto kafka = [&](const char* options) {
    return recognise(pack("kafka"), {}, {{"KAFKA_HEAP_OPTS", options}}, {}).number("heap");
  };
  EXPECT_EQ(render(pack("kafka"), {{"heap", 2048}})->environment.at("KAFKA_HEAP_OPTS"), "-Xms2048m -Xmx2048m");
  EXPECT_EQ(kafka("-Xms2048m -Xmx2048m"), 2048);
  EXPECT_FALSE(kafka("-Xms1024m -Xmx2048m"));
  EXPECT_FALSE(kafka("-Xmx2048m"));
}

TEST_F(RecogniseTest, AutoscalerAndKernelSettingsAreRendered) {
  const auto hpa = render(pack("hpa"), {{"min_replicas", 2}, {"cpu_target", 65}});
  EXPECT_EQ(hpa->autoscaler.at("min_replicas"), 2);
  EXPECT_EQ(hpa->autoscaler.at("cpu_target"), 65);
  EXPECT_EQ(recognise(pack("hpa"), {"java"}, {}, {{"autoscaler.min_replicas", 3}, {"cpu", 2}}),
            (model::Configuration{{"min_replicas", 3}}));
  EXPECT_EQ(render(pack("linux"), {{"first_port", 10240}})->sysctls.at("net.ipv4.ip_local_port_range"), "10240 65535");
}

TEST_F(RecogniseTest, TechnologiesShowByTheirTraces) {
  const auto names = [&](const TechnologyTraces& traces) { return technologies_of(library_, traces); };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names({{"postgres", "-c", "x=y"}, {}, "docker.io/bitnami/postgresql:16", {}}), Names{"postgresql"});
  EXPECT_EQ(names({{"java", "-jar", "a.jar", "--server.tomcat.threads.max=50"}, {}, "", {}}), (Names{"jvm", "tomcat"}));
  EXPECT_EQ(names({{}, {{"SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE", "9"}}, "", {"jvm_memory_used_bytes"}}),
            (Names{"hikaricp", "jvm"}));
  EXPECT_EQ(names({{}, {}, "registry.example:5000/shop/cart:1", {}}), Names{});
}

TEST_F(RecogniseTest, RenderRefusesWhatThePackDoesNotKnow) {
  EXPECT_EQ(render(pack("jvm"), {{"heep", 1}}).error().field, "heep");
  EXPECT_EQ(render(pack("jvm"), {{"gc", "ZZ"}}).error().field, "gc");
  EXPECT_FALSE(render(pack("container"), {{"cpu_limit", "much"}}));
}

}  // namespace
}  // namespace trimtab::packs
