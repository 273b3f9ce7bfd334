// Figures that real runtimes printed, version by version (tests/runtimes prints them anew). Java 8 was not to be had
// there: its rows follow from its source.
#include <gtest/gtest.h>

#include "packs/runtime/dotnet_gc.h"
#include "packs/runtime/go_runtime.h"
#include "packs/runtime/hotspot.h"
#include "packs/runtime/v8_heap.h"

namespace trimtab::packs {
namespace {

using Words = std::vector<std::string>;

Surroundings limited(double cpu, double memory, int cgroup_version = 2) {
  return {64, 262144, cpu, {}, memory, cgroup_version};
}

struct JvmCase {
  const char* version;
  double cpu;
  double memory;
  Words flags;
  Collector collector;
  double max_heap;
  double initial_heap;
  int parallel;
  int concurrent;
  int compilers;
};

TEST(HotspotErgonomicsTest, ChoosesWhatRealJvmsChose) {
  using enum Collector;
  const std::vector<JvmCase> cases{
      {"11.0.5", 1, 512, {}, kSerial, 128, 8, 0, 0, 2},
      {"17.0.3", 1, 512, {}, kSerial, 128, 8, 0, 0, 2},
      {"21.0.8", 2, 1791, {}, kSerial, 448, 28, 0, 0, 2},
      {"25.0.2", 2, 1791, {}, kSerial, 448, 28, 0, 0, 2},
      {"25.0.2", 2, 1792, {}, kG1, 448, 28, 2, 1, 2},
      {"11.0.5", 1.5, 2048, {}, kG1, 512, 32, 2, 1, 2},
      {"17.0.9", 2, 4096, {"-XX:ActiveProcessorCount=16"}, kG1, 1024, 64, 13, 3, 12},
      {"21.0.8", 2, 4096, {"-XX:ActiveProcessorCount=33"}, kG1, 1024, 64, 23, 6, 15},
      {"21.0.8", 2, 4096, {"-XX:+UseParallelGC", "-XX:ActiveProcessorCount=12"}, kParallel, 1024, 64, 10, 0, 4},
      {"17.0.9", 2, 2048, {"-Xmx301m", "-XX:+UseParallelGC"}, kParallel, 302, 32, 2, 0, 2},
      {"17.0.9", 2, 300, {}, kSerial, 126, 8, 0, 0, 2},
      {"17.0.9", 2, 240, {}, kSerial, 120, 8, 0, 0, 2},
      {"17.0.9", 1, 100, {}, kSerial, 50, 8, 0, 0, 2},
      {"17.0.9", 1, 600, {"-Xms700m"}, kSerial, 700, 700, 0, 0, 2},
      {"17.0.9", 20, 4096, {"-XX:+UseZGC", "-Xmx300m"}, kZ, 300, 64, 3, 3, 12},
      {"11.0.13", 20, 4096, {"-XX:+UseZGC", "-Xmx300m"}, kZ, 300, 64, 12, 3, 12},
      {"17.0.9", 7, 4096, {"-XX:+UseShenandoahGC"}, kShenandoah, 1024, 64, 3, 1, 3},
      {"8u372", 2, 4096, {}, kParallel, 1024, 64, 2, 0, 2},
      {"27", 1, 512, {}, kG1, 128, 8, 1, 1, 2},  // JEP 523
  };
  for (const auto& c : cases) {
    const auto e =
        hotspot_ergonomics(parse_version(c.version).value(), limited(c.cpu, c.memory, 1), read_hotspot_flags(c.flags));
    const std::string what = std::string(c.version) + " " + testing::PrintToString(c.flags);
    EXPECT_EQ(collector_name(e.collector), collector_name(c.collector)) << what;
    EXPECT_EQ(e.max_heap_mib, c.max_heap) << what;
    EXPECT_EQ(e.initial_heap_mib, c.initial_heap) << what;
    EXPECT_EQ(e.parallel_gc_threads, c.parallel) << what;
    EXPECT_EQ(e.concurrent_gc_threads, c.concurrent) << what;
    EXPECT_EQ(e.compiler_threads, c.compilers) << what;
  }
}

TEST(HotspotErgonomicsTest, RegionsAndCompressedOops) {
  const auto with = [](const char* version, const Words& flags) {
    return hotspot_ergonomics(parse_version(version).value(), {2, 24105, {}, {}, {}, 2}, read_hotspot_flags(flags));
  };
  EXPECT_EQ(with("11.0.13", {"-Xmx9000m"}).g1_region_mib, 2);
  EXPECT_EQ(with("17.0.9", {"-Xmx9000m"}).g1_region_mib, 8);
  EXPECT_EQ(with("17.0.9", {"-Xmx9000m"}).initial_heap_mib, 384);
  EXPECT_EQ(with("11.0.13", {"-XX:MaxRAM=200g", "-XX:+UseG1GC"}).max_heap_mib, 30688);
  EXPECT_EQ(with("11.0.13", {"-XX:MaxRAM=200g", "-XX:+UseParallelGC"}).max_heap_mib, 30718);
  EXPECT_EQ(with("21.0.8", {"-XX:MaxRAM=200g", "-XX:+UseG1GC"}).max_heap_mib, 51200);
  EXPECT_FALSE(with("21.0.8", {"-XX:MaxRAM=200g", "-XX:+UseG1GC"}).compressed_oops);
  EXPECT_FALSE(with("21.0.8", {"-Xmx40g"}).compressed_oops);
  EXPECT_TRUE(with("21.0.8", {"-Xmx31g"}).compressed_oops);
}

TEST(HotspotErgonomicsTest, OldVersionsAreBlind) {
  const auto seen = [](const char* version, int cgroup_version) {
    return hotspot_ergonomics(parse_version(version).value(), limited(1, 512, cgroup_version), {});
  };
  EXPECT_EQ(seen("8u362", 2).processors, 64);
  EXPECT_EQ(seen("8u362", 2).max_heap_mib, 30718);  // a quarter of 128 GiB, cut to what compressed oops reach
  EXPECT_EQ(seen("8u372", 2).processors, 1);
  EXPECT_EQ(seen("8u362", 1).processors, 1);
  EXPECT_EQ(seen("8u181", 1).processors, 64);
  EXPECT_EQ(seen("11.0.15", 2).processors, 64);
  EXPECT_EQ(seen("11.0.16", 2).max_heap_mib, 128);
  EXPECT_EQ(seen("17.0.0", 2).max_heap_mib, 128);
}

TEST(HotspotErgonomicsTest, RequestsCountedUntilTheyDidNot) {
  const auto processors = [](const char* version, double request) {
    return hotspot_ergonomics(parse_version(version).value(), {8, 16384, {}, request, {}, 2}, {}).processors;
  };
  EXPECT_EQ(processors("17.0.4", 1.5), 2);
  EXPECT_EQ(processors("17.0.4", 1), 8);  // 1024 shares are "not set"
  EXPECT_EQ(processors("17.0.5", 1.5), 8);
  EXPECT_EQ(processors("11.0.16", 0.5), 1);
  EXPECT_EQ(processors("11.0.17", 0.5), 8);
  EXPECT_EQ(processors("21.0.1", 0.5), 8);
}

TEST(HotspotErgonomicsTest, FlagsAreReadAsTheJvmReadsThem) {
  const HotspotFlags flags = read_hotspot_flags({"-Xmx1g", "-XX:MaxHeapSize=512m", "-Xss512k", "-XX:+UseG1GC",
                                                 "-XX:+UseZGC", "-XX:MaxRAMFraction=2", "-Xmn100M", "-Xmx12x"});
  EXPECT_EQ(flags.max_heap_mib, 512);
  EXPECT_EQ(flags.thread_stack_kib, 512);
  EXPECT_EQ(flags.collector, Collector::kZ);
  EXPECT_EQ(flags.contradictions, std::vector<std::string>{"UseZGC"});
  EXPECT_EQ(flags.max_ram_percentage, 50);
  EXPECT_EQ(flags.new_size_mib, 100);
  EXPECT_EQ(parse_jvm_size_mib("1073741824"), 1024);
  EXPECT_EQ(parse_jvm_size_mib("2T"), 2097152);
  EXPECT_FALSE(parse_jvm_size_mib("1.5g"));
  EXPECT_FALSE(parse_jvm_size_mib(""));
  EXPECT_FALSE(parse_jvm_size_mib("m"));
}

TEST(NodeErgonomicsTest, ChoosesWhatRealNodesChose) {
  struct Case {
    const char* version;
    double memory;
    Words flags;
    double limit;
  };
  const std::vector<Case> cases{
      {"18.20.8", 1024, {}, 524},
      {"20.20.2", 256, {}, 259},
      {"20.20.2", 512, {}, 259},
      {"20.20.2", 514, {}, 269},
      {"20.20.2", 640, {}, 332},
      {"20.20.2", 900, {}, 462},
      {"20.20.2", 1024, {}, 524},
      {"20.20.2", 2048, {}, 1048},
      {"20.20.2", 4096, {}, 2096},
      {"20.20.2", 15871, {}, 2096},
      {"20.20.2", 15872, {}, 4144},
      {"22.23.3", 15359, {}, 2096},
      {"22.23.3", 15360, {}, 4144},
      {"24.21.0", 514, {}, 305},
      {"24.21.0", 1024, {}, 560},
      {"24.21.0", 4096, {}, 2240},
      {"24.21.0", 20000, {}, 4288},
      {"20.20.2", 2048, {"--max-old-space-size=1000"}, 1024},
      {"24.21.0", 2048, {"--max-old-space-size=1000"}, 1096},
      {"22.23.3", 2048, {"--max-semi-space-size=64"}, 1216},
      {"24.21.0", 2048, {"--max_old_space_size=6000"}, 6096},
      {"20.20.2", 2048, {"--max-heap-size=500"}, 500},
      {"24.21.0", 2048, {"--max-old-space-size-percentage=50"}, 1120},
  };
  for (const auto& c : cases) {
    Surroundings at = limited(2, c.memory, 1);
    EXPECT_EQ(node_ergonomics(parse_version(c.version).value(), at, read_node_flags(c.flags)).heap_limit_mib, c.limit)
        << c.version << " " << c.memory << " " << testing::PrintToString(c.flags);
  }
  EXPECT_FALSE(node_ergonomics({18, 20, 8}, limited(1, 512, 2), {}).sees_limits);
  EXPECT_TRUE(node_ergonomics({20, 3, 0}, limited(1, 512, 2), {}).sees_limits);
}

TEST(GoErgonomicsTest, FollowsTheLimitSince125) {
  const auto procs = [](RuntimeVersion version, double limit, const std::map<std::string, std::string>& environment) {
    return go_ergonomics(version, limited(limit, 512), environment).max_procs;
  };
  EXPECT_EQ(procs({1, 24, 0}, 1.5, {}), 64);
  EXPECT_EQ(procs({1, 25, 0}, 1.5, {}), 2);
  EXPECT_EQ(procs({1, 25, 0}, 0.2, {}), 2);  // never below 2
  EXPECT_EQ(procs({1, 26, 0}, 3.1, {}), 4);
  EXPECT_EQ(procs({1, 26, 0}, 3.1, {{"GODEBUG", "http2debug=1,containermaxprocs=0"}}), 64);
  EXPECT_EQ(procs({1, 26, 0}, 3.1, {{"GOMAXPROCS", "7"}}), 7);
  EXPECT_EQ(go_ergonomics({1, 26, 0}, {1, 1024, 0.5, {}, {}, 2}, {}).max_procs, 1);  // a machine with one CPU
}

TEST(GoErgonomicsTest, ReadsItsVariables) {
  const auto go = go_ergonomics({1, 22, 0}, limited(1, 512), {{"GOMEMLIMIT", "400MiB"}, {"GOGC", "off"}});
  EXPECT_EQ(go.mem_limit_mib, 400);
  EXPECT_FALSE(go.gc_percent);
  EXPECT_EQ(parse_go_mem_limit_mib("1GiB"), 1024);
  EXPECT_EQ(parse_go_mem_limit_mib("1048576"), 1);
  EXPECT_EQ(parse_go_mem_limit_mib("1048576B"), 1);
  for (const char* wrong : {"512Mi", "512M", "512MB", "1.5GiB", "-1", "", "off", "MiB"})
    EXPECT_FALSE(parse_go_mem_limit_mib(wrong)) << wrong;
}

// Of Microsoft's documentation: no .NET 6 or later was to be had from a registry.
TEST(DotnetErgonomicsTest, FollowsTheDocumentation) {
  const auto net = [](int major, double cpu, double memory, const std::map<std::string, std::string>& environment) {
    return dotnet_ergonomics({major, 0, 0}, limited(cpu, memory), true, environment);
  };
  EXPECT_EQ(net(8, 4, 1024, {}).hard_limit_mib, 768);
  EXPECT_EQ(net(8, 4, 16, {}).hard_limit_mib, 20);
  EXPECT_EQ(net(8, 4, 1024, {{"DOTNET_GCHeapHardLimit", "0x10000000"}}).hard_limit_mib, 256);
  EXPECT_EQ(net(8, 4, 1000, {{"DOTNET_GCHeapHardLimitPercent", "32"}}).hard_limit_mib, 500);  // 0x32 = 50
  EXPECT_TRUE(net(8, 4, 1024, {}).server);
  EXPECT_EQ(net(8, 3.2, 1024, {}).heaps, 4);
  EXPECT_FALSE(net(8, 1, 1024, {}).server);
  EXPECT_FALSE(net(8, 4, 1024, {}).adapts);
  EXPECT_TRUE(net(9, 4, 1024, {}).adapts);
  EXPECT_FALSE(net(9, 4, 1024, {{"DOTNET_GCDynamicAdaptationMode", "0"}}).adapts);
  EXPECT_FALSE(net(10, 4, 1024, {{"DOTNET_GCHeapCount", "2"}}).adapts);
  EXPECT_EQ(net(10, 4, 1024, {{"DOTNET_GCHeapCount", "2"}}).heaps, 2);
  EXPECT_FALSE(net(8, 4, 1024, {{"COMPlus_gcServer", "0"}}).server);
}

TEST(RuntimeVersionTest, ReadsTheWaysVersionsAreWritten) {
  const auto text = [](const char* written) { return parse_version(written).value().to_string(); };
  EXPECT_EQ(text("17"), "17.0.0");
  EXPECT_EQ(text("17.0.5+8"), "17.0.5");
  EXPECT_EQ(text("1.8.0_372-b07"), "8.0.372");
  EXPECT_EQ(text("8u372"), "8.0.372");
  EXPECT_EQ(text("go1.25.1"), "1.25.1");
  EXPECT_EQ(text("v20.11.0"), "20.11.0");
  EXPECT_EQ(text("21-jre-alpine"), "21.0.0");
  for (const char* wrong : {"", "latest", "jre", "v", "go"})
    EXPECT_FALSE(parse_version(wrong)) << wrong;
}

}  // namespace
}  // namespace trimtab::packs
