#include "server/task_lane.h"

#include <utility>

namespace trimtab::server {

TaskLane::TaskLane(Threading threading) {
  if (threading == Threading::kOwn) thread_ = std::jthread([this] { work(stop_.get_token()); });
}

TaskLane::~TaskLane() {
  request_stop();
}

void TaskLane::request_stop() {
  stop_.request_stop();
}

void TaskLane::finish() {
  request_stop();
  if (thread_.joinable()) thread_.join();
}

void TaskLane::post(Task task) {
  {
    const std::scoped_lock lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

bool TaskLane::run_one() {
  Task task;
  {
    const std::scoped_lock lock(mutex_);
    if (tasks_.empty()) return false;
    task = std::move(tasks_.front());
    tasks_.pop_front();
  }
  task(stop_.get_token());
  return true;
}

void TaskLane::work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !tasks_.empty(); })) return;
      if (stop.stop_requested()) return;
    }
    run_one();
  }
}

}  // namespace trimtab::server
