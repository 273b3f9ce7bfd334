// Journal: the append-only state file of `trimtab optimize --state`.
//
// Form: the line "trimtab optimize state 1" (the version), then one record a line: its length in bytes, a checksum of
// those bytes (FNV-1a, 64 bit, hexadecimal), the bytes. The first record says what the state belongs to. Whatever byte
// writing stops at, everything up to the last complete line is read back and the rest is cut off. Damage with good
// records after it is no torn write: the file is refused rather than shortened.
// One process at a time has the file (flock). Not thread safe. Movable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace trimtab::cli {

class Journal {
 public:
  struct Opened;
  // Opens or creates. `owner`: what the state belongs to, written when the file is new. kConflict when another process
  // has it open or it belongs to something else; kDataLoss for damage; kInvalidInput for a file of another kind or
  // version; kUnavailable when it cannot be read or written.
  [[nodiscard]] static Result<Opened> open(const std::string& path, const std::string& owner);

  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&&) = delete;
  ~Journal();

  // One record, without line end in it; whole or not at all. `durable`: on the disk before it returns. kUnavailable.
  [[nodiscard]] Result<void> append(std::string_view record, bool durable);

 private:
  explicit Journal(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] Error unwritable(std::string_view what) const;

  std::string path_;
  int file_ = -1;
  std::size_t size_ = 0;  // bytes of complete lines
};

struct Journal::Opened {
  Journal journal;
  std::vector<std::string> records;  // without the owner's, oldest first
  std::size_t dropped_bytes = 0;     // of a record that was not written to its end
};

// What a journal's bytes hold.
struct JournalText {
  std::vector<std::string> records;
  std::size_t good_bytes = 0;
};
// Pure. kInvalidInput, kDataLoss.
[[nodiscard]] Result<JournalText> read_journal(std::string_view text);
[[nodiscard]] std::string journal_line(std::string_view record);

}  // namespace trimtab::cli
