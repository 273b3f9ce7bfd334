// TaskLane: tasks one after the other, in the order of posting, on a thread of their own; or, for tests and simulated
// time, on the thread that calls run_one(). Thread safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace trimtab::server {

enum class Threading {
  kOwn,   // background threads
  kNone,  // nothing happens but on the calling thread
};

class TaskLane {
 public:
  // A task should end soon after stop is requested.
  using Task = std::function<void(std::stop_token)>;

  explicit TaskLane(Threading threading);
  // Requests stop, drops what waits, and waits for the task at work.
  ~TaskLane();
  TaskLane(const TaskLane&) = delete;
  TaskLane& operator=(const TaskLane&) = delete;

  void post(Task task);
  // Runs the oldest task here; false when there was none. Only with Threading::kNone.
  bool run_one();
  void request_stop();
  // Requests stop and waits for the task at work. Not from within a task.
  void finish();

 private:
  void work(std::stop_token stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Task> tasks_;  // guarded by mutex_
  std::stop_source stop_;
  std::jthread thread_;
};

}  // namespace trimtab::server
