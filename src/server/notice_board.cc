#include "server/notice_board.h"

#include <utility>

namespace trimtab::server {

void NoticeBoard::publish(std::string kind, std::string application, std::string id) {
  {
    const std::scoped_lock lock(mutex_);
    notices_.push_back({++latest_, std::move(kind), std::move(application), std::move(id)});
    if (notices_.size() > capacity_) notices_.pop_front();
  }
  changed_.notify_all();
}

std::vector<api::ChangeNotice> NoticeBoard::wait(std::uint64_t since, Duration longest, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  if (since == 0) since = latest_;
  // A number from before a restart of this program, or one too old: what was missed is not known.
  const bool unknown = since > latest_ || (!notices_.empty() && since + 1 < notices_.front().sequence);
  if (unknown) return {{latest_, "reset", {}, {}}};
  changed_.wait_for(lock, stop, longest, [&] { return latest_ > since; });
  std::vector<api::ChangeNotice> found;
  for (const api::ChangeNotice& notice : notices_) {
    if (notice.sequence > since) found.push_back(notice);
  }
  return found;
}

std::uint64_t NoticeBoard::latest() const {
  const std::scoped_lock lock(mutex_);
  return latest_;
}

}  // namespace trimtab::server
