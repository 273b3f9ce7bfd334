#include "scan/batch_use.h"

#include <cmath>

#include <gtest/gtest.h>

namespace trimtab::scan {
namespace {

constexpr double kStart = 1'700'006'400;  // the window's; its first hour ends one later
constexpr std::size_t kHours = 48;

class BatchUseTest : public ::testing::Test {
 protected:
  BatchUseTest() {
    ContainerEntry entry;
    entry.space = "shop";
    entry.kind = "Deployment";
    entry.workload = "cart";
    entry.name = "main";
    inventory_.containers = {entry};
  }

  static Series series(const char* pod, const std::vector<Point>& points, const char* id = "1") {
    return {[pod, id](std::string_view label) -> std::string_view {
              if (label == "namespace") return "shop";
              if (label == "pod") return pod;
              if (label == "id") return id;
              return label == "container" ? "main" : "";
            },
            points};
  }

  HourlyUse finish(BatchUse& batch) {
    HourlyUse made;
    batch.finish([&](std::size_t, const HourlyUse& use) { made = use; });
    return made;
  }

  Inventory inventory_;
};

TEST_F(BatchUseTest, ACountersRiseIsTheHoursUse) {
  const PodNames names(inventory_);
  BatchUse batch(inventory_, names, {{0, 1}}, kHours, kStart + 3600);
  const std::vector<Point> a{{kStart, 500}, {kStart + 3600, 2300}, {kStart + 7200, 900}};  // it started anew
  const std::vector<Point> b{{kStart + 3600, 50}, {kStart + 7200, 3650}};
  const std::vector<Point> again{{kStart + 3600, 0}, {kStart + 7200, 360}};  // the same pod's container, restarted
  batch.add_cpu(series("cart-5d9c7b8f6-aaaaa", a));
  batch.add_cpu(series("cart-5d9c7b8f6-bbbbb", b));
  batch.add_cpu(series("cart-5d9c7b8f6-bbbbb", again, "2"));
  batch.add_cpu(series("stranger-5d9c7b8f6-bbbbb", b));
  const HourlyUse use = finish(batch);
  EXPECT_FLOAT_EQ(use.cpu[0], 0.5);
  EXPECT_EQ(use.pods[0], 1);
  EXPECT_FLOAT_EQ(use.cpu[1], 1);
  EXPECT_FLOAT_EQ(use.cpu_total[1], 1.25);  // 900 of the one that started anew
  EXPECT_EQ(use.pods[1], 2);                // a restart is no second pod
  EXPECT_TRUE(std::isnan(use.cpu[2]));
}

TEST_F(BatchUseTest, AHourThatWasMissedIsShared) {
  const PodNames names(inventory_);
  BatchUse batch(inventory_, names, {{0, 1}}, kHours, kStart + 3600);
  const std::vector<Point> points{{kStart, 0}, {kStart + 2 * 3600, 3600}, {kStart + 6 * 3600, 9999}};
  batch.add_cpu(series("cart-5d9c7b8f6-aaaaa", points));
  const HourlyUse use = finish(batch);
  EXPECT_FLOAT_EQ(use.cpu[0], 0.5);
  EXPECT_FLOAT_EQ(use.cpu[1], 0.5);
  EXPECT_TRUE(std::isnan(use.cpu[5]));  // after four hours nobody knows when
}

TEST_F(BatchUseTest, EventsCountFromTheWindowsStart) {
  const PodNames names(inventory_);
  BatchUse batch(inventory_, names, {{0, 1}}, kHours, kStart + 3600);
  const char* metric = "container_oom_events_total";
  for (const auto& [at, value] : {Point{kStart, 7}, Point{kStart + 86400, 8}, Point{kStart + 2 * 86400, 8}})
    batch.add_event(metric, series("cart-5d9c7b8f6-aaaaa", {{at, value}}));
  // A pod that came later brings all it counted; one that was restarted, what it counts anew.
  batch.add_event(metric, series("cart-5d9c7b8f6-bbbbb", {{kStart + 86400, 2}, {kStart + 2 * 86400, 1}}, "2"));
  batch.add_event("some_other_total", series("cart-5d9c7b8f6-bbbbb", {{kStart + 86400, 100}}));
  // More than there can be, and less than nothing.
  batch.add_event(metric, series("cart-5d9c7b8f6-ccccc", {{kStart + 86400, 1e300}}, "3"));
  batch.add_event(metric, series("cart-5d9c7b8f6-ddddd", {{kStart + 86400, -4}, {kStart + 2 * 86400, -2}}, "4"));
  EXPECT_DOUBLE_EQ(finish(batch).oom_kills, 1 + 2 + 1);
}

}  // namespace
}  // namespace trimtab::scan
