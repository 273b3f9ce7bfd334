// NoticeBoard: the latest changes, for pages that wait for them (server-sent events). Bounded; thread safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "api/live_service.h"

namespace trimtab::server {

class NoticeBoard {
 public:
  // Whoever misses more than `capacity` notices loads everything again.
  explicit NoticeBoard(std::size_t capacity = 1024) : capacity_(capacity) {}

  void publish(std::string kind, std::string application, std::string id = {});
  // As LiveService::changes says.
  [[nodiscard]] std::vector<api::ChangeNotice> wait(std::uint64_t since, Duration longest, std::stop_token stop);
  [[nodiscard]] std::uint64_t latest() const;

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<api::ChangeNotice> notices_;  // ascending; guarded by mutex_
  // The first notice is 2: whoever has seen none yet waits from 1, and 0 stays "from now on". Guarded by mutex_.
  std::uint64_t latest_ = 1;
};

}  // namespace trimtab::server
