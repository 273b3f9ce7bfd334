#include "scan/exported.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>

#include "scan/fold.h"
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trimtab::scan {
namespace {

using ::testing::HasSubstr;

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / fmt::format("exported-{}", std::random_device()())) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name) << text; }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

constexpr double kEnd = 1'700'006'400;  // a full hour

// Half a core all the time, a minute a sample; a reset in the middle; memory of 300 MiB.
std::string dump(int hours) {
  std::string text;
  const auto line = [&](const char* metric, double at, double value) {
    text +=
        fmt::format("{{__name__=\"{}\", namespace=\"shop\", pod=\"cart-5d9c7b8f6-x2x9q\", container=\"main\"}} {} {}\n",
                    metric, value, static_cast<std::int64_t>(at * 1000));
  };
  const int minutes = hours * 60;
  for (int m = 0; m <= minutes; ++m)
    line("container_cpu_usage_seconds_total", kEnd - (minutes - m) * 60,
         (m >= minutes / 2 ? m - minutes / 2 : m) * 30.0);
  for (int m = 0; m <= minutes; ++m)
    line("container_memory_working_set_bytes", kEnd - (minutes - m) * 60, 300.0 * 1024 * 1024);
  return text;
}

constexpr const char* kRequests = R"({"status":"success","data":{"resultType":"vector","result":[
  {"metric":{"__name__":"kube_pod_container_info","namespace":"shop","pod":"cart-5d9c7b8f6-x2x9q","container":"main","image":"cart:1"},"value":[1700006400,"1"]},
  {"metric":{"__name__":"kube_pod_owner","namespace":"shop","pod":"cart-5d9c7b8f6-x2x9q","owner_kind":"ReplicaSet","owner_name":"cart-5d9c7b8f6"},"value":[1700006400,"1"]},
  {"metric":{"__name__":"kube_replicaset_owner","namespace":"shop","replicaset":"cart-5d9c7b8f6","owner_kind":"Deployment","owner_name":"cart"},"value":[1700006400,"1"]},
  {"metric":{"__name__":"kube_pod_container_resource_requests","namespace":"shop","pod":"cart-5d9c7b8f6-x2x9q","container":"main","resource":"cpu"},"value":[1700006400,"2"]}]}})";

TEST(Exported, GivesInventoryAndUse) {
  const Folder folder;
  folder.write("state.json", kRequests);
  folder.write("use.txt", dump(30));
  folder.write("notes.md", "not read");
  const auto exported = ExportedSeries::open(folder.path());
  ASSERT_TRUE(exported);
  EXPECT_DOUBLE_EQ(exported->newest()->seconds(), kEnd);
  const auto inventory = exported->inventory({});
  ASSERT_TRUE(inventory) << inventory.error().to_string();
  ASSERT_EQ(inventory->containers.size(), 1U);
  EXPECT_EQ(inventory->containers[0].kind, "Deployment");
  EXPECT_EQ(inventory->containers[0].facts.cpu_request, 2);
  MeasureOptions options;
  options.end = *exported->newest();
  options.window = std::chrono::hours(48);
  HourlyUse use;
  ASSERT_TRUE(measure_exported(*inventory, *exported, options, [&](std::size_t, const HourlyUse& u) { use = u; }));
  ASSERT_EQ(use.cpu.size(), 48U);
  EXPECT_TRUE(std::isnan(use.cpu[10]));
  EXPECT_NEAR(use.cpu[40], 0.5, 0.01);
  EXPECT_NEAR(use.cpu_peak[40], 0.5, 0.01);
  EXPECT_FLOAT_EQ(use.memory[47], 300);
  EXPECT_EQ(use.pods[47], 1);
  EXPECT_TRUE(exported->inventory({"other"}).error().code == Code::kNotFound);
}

TEST(Exported, WithoutStateTheNamesTell) {
  const Folder folder;
  folder.write("use.txt", dump(2));
  const auto inventory = ExportedSeries::open(folder.path())->inventory({"shop"});
  ASSERT_TRUE(inventory);
  ASSERT_EQ(inventory->containers.size(), 1U);
  EXPECT_EQ(inventory->containers[0].workload, "cart");
  EXPECT_THAT(inventory->notes, ::testing::Contains(HasSubstr("requests and limits are not known")));
}

TEST(Exported, SaysWhatIsDamaged) {
  EXPECT_EQ(ExportedSeries::open("/nowhere").error().code, Code::kNotFound);
  const Folder folder;
  EXPECT_EQ(ExportedSeries::open(folder.path()).error().code, Code::kNotFound);
  folder.write("a.txt", "# a comment\n{__name__=\"x\"} 1 2\nnonsense\n");
  auto read = ExportedSeries::open(folder.path())->each([](const Series&) {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kInvalidInput);
  EXPECT_EQ(read.error().position.line, 3);
  folder.write("a.txt", "");
  folder.write("b.json", "<html>");
  read = ExportedSeries::open(folder.path())->each([](const Series&) {});
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().position.file, HasSubstr("b.json"));
  EXPECT_EQ(ExportedSeries::open(folder.path())->newest().error().code, Code::kInvalidInput);
}

TEST(Exported, LabelsMayHoldAnything) {
  const Folder folder;
  folder.write(
      "a.txt",
      "{__name__=\"x\", pod=\"a\\\"}, b=\\\\\"} 1.5e3 1700006400000\n{__name__=\"x\", pod=\"n\"} NaN 1700006400000\n");
  std::vector<std::string> pods;
  ASSERT_TRUE(ExportedSeries::open(folder.path())->each([&](const Series& s) {
    pods.emplace_back(s.label("pod"));
    EXPECT_DOUBLE_EQ(s.points.back().value, 1500);
  }));
  EXPECT_THAT(pods, ::testing::ElementsAre("a\"}, b=\\"));
}

// Samples that no machine could have made are not counted.
TEST(Fold, DoesNotBelieveEverything) {
  Inventory inventory;
  ContainerEntry entry;
  entry.space = "shop";
  entry.kind = "Deployment";
  entry.workload = "cart";
  entry.name = "main";
  inventory.containers = {entry};
  SampleFold fold(inventory, instant_from_seconds(kEnd), std::chrono::hours(2));
  const auto add = [&](const char* metric, std::vector<Point> points) {
    fold.add(Series{[metric](std::string_view label) -> std::string_view {
                      if (label == "__name__") return metric;
                      if (label == "namespace") return "shop";
                      if (label == "pod") return "cart-5d9c7b8f6-x2x9q";
                      return label == "container" ? "main" : "";
                    },
                    points});
  };
  add("container_cpu_usage_seconds_total",
      {{kEnd - 600, 0}, {kEnd - 540, 1e30}, {kEnd - 480, 1e30}, {kEnd + 1e12, 1e31}});
  add("container_memory_working_set_bytes", {{kEnd - 600, -5}, {kEnd - 540, 1e40}, {-1e15, 7}});
  add("container_oom_events_total", {{kEnd - 600, 2}, {kEnd - 540, 3}});
  const HourlyUse use = fold.use(0);
  EXPECT_FLOAT_EQ(use.cpu[1], 0);
  EXPECT_TRUE(std::isnan(use.memory[1]));
  EXPECT_DOUBLE_EQ(use.oom_kills, 1);
}

}  // namespace
}  // namespace trimtab::scan
