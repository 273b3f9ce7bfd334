#include "server/notice_board.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "server/task_lane.h"

namespace trimtab::server {
namespace {

TEST(NoticeBoard, GivesWhatCameAfter) {
  NoticeBoard board;
  board.publish("application", "shop");
  board.publish("recommendation", "shop", "r1");
  const auto found = board.wait(2, Duration::zero(), {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, "r1");
  EXPECT_EQ(found[0].sequence, 3U);
  EXPECT_TRUE(board.wait(0, Duration::zero(), {}).empty());  // from now on
  EXPECT_TRUE(board.wait(3, Duration::zero(), {}).empty());
}

TEST(NoticeBoard, SaysResetWhenTooMuchWasMissed) {
  NoticeBoard board(2);
  for (int i = 0; i < 5; ++i)
    board.publish("audit", "shop");
  ASSERT_EQ(board.wait(1, Duration::zero(), {}).size(), 1U);
  EXPECT_EQ(board.wait(1, Duration::zero(), {})[0].kind, "reset");
  EXPECT_EQ(board.wait(4, Duration::zero(), {}).size(), 2U);
  EXPECT_EQ(board.wait(99, Duration::zero(), {})[0].kind, "reset");  // of an earlier process
  EXPECT_EQ(board.wait(99, Duration::zero(), {})[0].sequence, 6U);
}

TEST(NoticeBoard, WakesWhoWaits) {
  NoticeBoard board;
  board.publish("audit", "shop");
  TaskLane lane(Threading::kOwn);
  lane.post([&](std::stop_token) { board.publish("application", "shop"); });
  EXPECT_EQ(board.wait(2, std::chrono::seconds(30), {}).size(), 1U);
  std::stop_source stop;
  lane.post([&](std::stop_token) { stop.request_stop(); });
  EXPECT_TRUE(board.wait(3, std::chrono::seconds(30), stop.get_token()).empty());
}

TEST(TaskLane, RunsInOrderAndDropsWhatWaitsAtTheEnd) {
  std::vector<int> seen;
  {
    TaskLane lane(Threading::kNone);
    lane.post([&](std::stop_token) { seen.push_back(1); });
    lane.post([&](std::stop_token) { seen.push_back(2); });
    lane.post([&](std::stop_token) { seen.push_back(3); });
    EXPECT_TRUE(lane.run_one());
    EXPECT_TRUE(lane.run_one());
  }
  EXPECT_EQ(seen, (std::vector<int>{1, 2}));
}

TEST(TaskLane, StopReachesTheTaskAtWork) {
  std::promise<void> started;
  std::atomic<bool> stopped = false;
  {
    TaskLane lane(Threading::kOwn);
    lane.post([&](std::stop_token stop) {
      std::stop_callback on_stop(stop, [&] { stopped = true; });
      started.set_value();
      while (!stop.stop_requested())
        std::this_thread::yield();
    });
    started.get_future().wait();
  }
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace trimtab::server
