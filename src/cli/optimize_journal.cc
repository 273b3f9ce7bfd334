#include "cli/optimize_journal.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/random.h"

namespace trimtab::cli {
namespace {

constexpr std::string_view kMagic = "trimtab optimize state 1\n";
constexpr std::string_view kAnyVersion = "trimtab optimize state ";

// The record of a whole line, with its end; nothing when the line is not what was written.
std::optional<std::string_view> record_of(std::string_view line) {
  std::size_t length = 0;
  const auto [stop, fault] = std::from_chars(line.data(), line.data() + line.size(), length);
  const auto digits = static_cast<std::size_t>(stop - line.data());
  constexpr std::size_t kSum = 16;
  if (fault != std::errc{} || line.size() < digits + kSum + 3) return std::nullopt;
  const std::string_view record = line.substr(digits + kSum + 2, line.size() - (digits + kSum + 3));
  if (record.size() != length || line != journal_line(record)) return std::nullopt;
  return record;
}

Error data_loss(std::string message, std::string hint) {
  Error error;
  error.code = Code::kDataLoss;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

Result<std::string> read_all(int file) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(file, buffer, sizeof buffer);
    if (got == 0) return text;
    if (got > 0) {
      text.append(buffer, static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      return fail(unavailable(fmt::format("cannot read the state: {}", std::strerror(errno))));
    }
  }
}

}  // namespace

std::string journal_line(std::string_view record) {
  return fmt::format("{} {:016x} {}\n", record.size(), stable_hash(record), record);
}

Result<JournalText> read_journal(std::string_view text) {
  JournalText result;
  if (!text.starts_with(kMagic)) {
    if (kMagic.starts_with(text)) return result;  // cut within its first line
    if (text.starts_with(kAnyVersion))
      return fail(invalid_input("the state was written by another version of Trimtab", "--state"));
    return fail(invalid_input("the file is no state of trimtab optimize", "--state", "name a new file"));
  }
  std::size_t at = kMagic.size();
  std::optional<std::size_t> damage;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    const bool whole = end != std::string_view::npos;
    const auto record = whole ? record_of(text.substr(at, end + 1 - at)) : std::nullopt;
    if (record && damage)
      return fail(data_loss(fmt::format("the state is damaged at byte {}, with good records after it", *damage),
                            "restore the file from a copy, or keep its first bytes with head -c"));
    if (record) result.records.emplace_back(*record);
    if (!record && !damage) damage = at;
    at = whole ? end + 1 : text.size();
  }
  result.good_bytes = damage.value_or(text.size());
  return result;
}

Error Journal::unwritable(std::string_view what) const {
  return unavailable(fmt::format("cannot {} {}: {}", what, path_, std::strerror(errno)));
}

Result<Journal::Opened> Journal::open(const std::string& path, const std::string& owner) {
  Journal journal(path);
  journal.file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (journal.file_ < 0) return fail(journal.unwritable("open"));
  if (::flock(journal.file_, LOCK_EX | LOCK_NB) != 0)
    return fail(conflict(path + " is in use by another process", "one process at a time has a state"));
  TRY_ASSIGN(const std::string text, read_all(journal.file_));
  TRY_ASSIGN(JournalText read, read_journal(text));
  Opened opened{std::move(journal), std::move(read.records), text.size() - read.good_bytes};
  Journal& own = opened.journal;
  own.size_ = read.good_bytes;
  if (::ftruncate(own.file_, static_cast<off_t>(own.size_)) != 0) return fail(own.unwritable("cut"));
  if (opened.records.empty()) {
    if (::ftruncate(own.file_, 0) != 0) return fail(own.unwritable("cut"));
    own.size_ = 0;
    const std::string start = std::string(kMagic) + journal_line(owner);
    if (::pwrite(own.file_, start.data(), start.size(), 0) != static_cast<ssize_t>(start.size()) ||
        ::fdatasync(own.file_) != 0)
      return fail(own.unwritable("write"));
    own.size_ = start.size();
    return opened;
  }
  if (opened.records.front() != owner)
    return fail(conflict(path + " belongs to another space document or seed",
                         "start it with the same document, candidates and --seed, or name a new file"));
  opened.records.erase(opened.records.begin());
  return opened;
}

Journal::Journal(Journal&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)), size_(other.size_) {}

Journal::~Journal() {
  if (file_ >= 0) ::close(file_);
}

Result<void> Journal::append(std::string_view record, bool durable) {
  const std::string line = journal_line(record);
  std::size_t written = 0;
  while (written < line.size()) {
    const ssize_t wrote =
        ::pwrite(file_, line.data() + written, line.size() - written, static_cast<off_t>(size_ + written));
    if (wrote > 0) {
      written += static_cast<std::size_t>(wrote);
    } else if (wrote == 0 || errno != EINTR) {
      Error error = unwritable("write");
      static_cast<void>(!::ftruncate(file_, static_cast<off_t>(size_)));  // or the next start cuts it off
      return fail(std::move(error));
    }
  }
  if (durable && ::fdatasync(file_) != 0) {
    Error error = unwritable("store");
    static_cast<void>(!::ftruncate(file_, static_cast<off_t>(size_)));
    return fail(std::move(error));
  }
  size_ += line.size();
  return {};
}

}  // namespace trimtab::cli
