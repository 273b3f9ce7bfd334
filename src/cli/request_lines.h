// RequestLines: lines of a request protocol from a stream, none longer than a limit kept in memory. On the process's
// standard input it looks for a stop request while it waits; other streams are read as they are.
#pragma once

#include <istream>
#include <optional>
#include <stop_token>
#include <string>

namespace trimtab::cli {

class RequestLines {
 public:
  // `longest`: bytes without the line end. The stream must outlive it; nothing else may read it meanwhile.
  RequestLines(std::istream& in, std::size_t longest, std::stop_token stop);

  struct Line {
    std::string text;
    bool too_long = false;  // then `text` is empty; the line was skipped to its end
  };
  // Nothing at the end of the input or after a stop request. A last line without line end counts.
  [[nodiscard]] std::optional<Line> next();

 private:
  [[nodiscard]] bool fill();

  std::istream* in_;
  bool standard_input_;
  std::size_t longest_;
  std::stop_token stop_;
  std::string buffer_;
  std::size_t at_ = 0;  // of what was not handed out yet
};

}  // namespace trimtab::cli
