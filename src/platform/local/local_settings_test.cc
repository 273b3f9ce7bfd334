#include "platform/local/local_settings.h"

#include <gtest/gtest.h>

#include "packs/pack.h"
#include "platform/local/local_platform.h"
#include "yaml/document.h"

namespace trimtab::platform {
namespace {

constexpr const char* kBlock = R"(kind: local
cgroup: trimtab-shop
directory: /srv/shop
state: /var/lib/trimtab/shop
replicas: 2
slots: [18081, 18082, 18083]
command: [java, "${flags}", -jar, shop.jar, "--server.port=${port}", "${arguments}"]
environment: {REPLICA: "${replica}"}
ready: http://127.0.0.1:${port}/ready
start_cpu: 1.5
drain_timeout: 12s
standby: 40s
haproxy: {socket: /run/haproxy.sock, backend: shop}
)";

model::Application application(const std::string& block) {
  model::Application made;
  made.name = "shop";
  auto document = yaml::parse(block, "shop.yaml");
  EXPECT_TRUE(document) << document.error().to_string();
  made.platform = *document;
  return made;
}

TEST(LocalSettings, AreReadWithDefaults) {
  const auto settings = read_local_settings(application(kBlock));
  ASSERT_TRUE(settings) << settings.error().to_string();
  EXPECT_EQ(settings->cgroup, "trimtab-shop");
  EXPECT_EQ(settings->log_directory, "/var/lib/trimtab/shop");
  ASSERT_EQ(settings->slots.size(), 3u);
  EXPECT_EQ(settings->slots[2].name, "shop-3");
  EXPECT_EQ(settings->find_slot("shop-2")->port, 18082);
  EXPECT_EQ(settings->find_slot("shop-4"), nullptr);
  EXPECT_EQ(settings->start_cpu_cores, 1.5);
  EXPECT_EQ(settings->drain_timeout, std::chrono::seconds(12));
  EXPECT_EQ(settings->standby, std::chrono::seconds(40));
  EXPECT_EQ(settings->stop_timeout, std::chrono::seconds(20));
  EXPECT_EQ(settings->proxy_backend, "shop");
}

TEST(LocalSettings, NameEveryFault) {
  const auto fault = [](std::string from, const std::string& to) {
    std::string block = kBlock;
    block.replace(block.find(from), from.size(), to);
    const auto settings = read_local_settings(application(block));
    return settings ? std::string("no fault") : settings.error().to_string();
  };
  EXPECT_NE(fault("slots: [18081, 18082, 18083]", "slots: [18081]").find("fewer slots than replicas"),
            std::string::npos);
  EXPECT_NE(fault("18082", "18081").find("given twice"), std::string::npos);
  EXPECT_NE(fault("18082", "99999").find("a slot is a port"), std::string::npos);
  EXPECT_NE(fault("--server.port=${port}", "--x").find("${port}"), std::string::npos);
  EXPECT_NE(fault("drain_timeout: 12s", "drain_timeout: 12").find("drain_timeout"), std::string::npos);
  EXPECT_NE(fault("drain_timeout", "drain_time").find("drain_time"), std::string::npos);
  EXPECT_NE(fault("state:", "states:").find("shop.yaml"), std::string::npos);
  EXPECT_NE(fault("backend", "back").find("haproxy"), std::string::npos);
}

TEST(ReplicaCommand, PutsListsAndTextInTheirPlaces) {
  const auto settings = read_local_settings(application(kBlock));
  packs::Rendered rendered;
  rendered.flags = {"-Xmx256m", "-XX:+UseSerialGC"};
  rendered.arguments = {"--threads=20"};
  rendered.environment = {{"GOGC", "50"}};
  const proc::CommandLine command = replica_command(*settings, rendered, settings->slots[1]);
  EXPECT_EQ(command.arguments, (std::vector<std::string>{"java", "-Xmx256m", "-XX:+UseSerialGC", "-jar", "shop.jar",
                                                         "--server.port=18082", "--threads=20"}));
  EXPECT_EQ(command.environment.at("REPLICA"), "shop-2");
  EXPECT_EQ(command.environment.at("GOGC"), "50");
  EXPECT_FALSE(command.inherit_environment);
  EXPECT_EQ(command.directory, "/srv/shop");
  EXPECT_EQ(expand("${port}-${port}-${other}", settings->slots[0]), "18081-18081-${other}");
}

// Without its place in the command a flag would be decided on and never be seen live.
TEST(LocalPlatformTest, AParameterWithoutAPlaceInTheCommandIsRefused) {
  const auto packs = packs::PackLibrary::embedded().value();
  std::string block = kBlock;
  block.erase(block.find("\"${flags}\", "), std::string("\"${flags}\", ").size());
  model::Application made = application(block);
  made.components = {{"jvm", "jvm", {}, {}, {}, {}}};
  model::Parameter heap = packs.find("jvm")->find_parameter("heap")->parameter;
  heap.name = "jvm.heap";
  made.space = model::Space::create({heap}, {}).value();
  const SystemClock clock;
  const auto refused = LocalPlatform::create(made, packs, clock, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "platform.command");
  EXPECT_EQ(refused.error().message, "no word of the command is ${flags}, so jvm.heap would not reach it");
}

}  // namespace
}  // namespace trimtab::platform
