// AskTell: the optimiser behind a line protocol: one JSON request line in, one JSON reply line out; what
// `trimtab optimize` speaks. The forms are in docs/guide/optimize.md.
//
// Pure apart from `Persist`: no clock, no files. Deterministic in (problem, candidates, options, request lines).
// Every fault is a reply {"error":{"code","message","field"}} and changes nothing. Not thread safe.
// Cost: an ask is one suggest() or safe_search() a suggestion; a tell about 1 ms an output at 100 runs (study_watch.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "optimizer/prior_study.h"
#include "optimizer/problem.h"

namespace trimtab::optimizer {

struct AskTellOptions {
  std::uint64_t seed = 1;
  int budget = 0;                    // experiments in all, 0: unknown; shapes the search, does not end it
  bool live = false;                 // safe steps around the best known configuration instead of a free search
  std::vector<PriorStudy> priors{};  // what was measured before and elsewhere; not with live
};

class AskTell {
 public:
  // `candidates` not empty: only these may be suggested. kInvalidInput when there is nothing to optimise (no goal) or,
  // in live mode, no baseline to start from, or candidates or priors with live mode.
  [[nodiscard]] static Result<AskTell> create(Problem problem, std::vector<model::Configuration> candidates,
                                              const AskTellOptions& options);
  AskTell(AskTell&&) noexcept;
  AskTell& operator=(AskTell&&) noexcept;
  ~AskTell();

  // Called with a record (one line of JSON, no line end) before an accepted ask or tell takes effect; when it fails the
  // request is refused with its error. `durable`: must survive a power cut, as told measurements do.
  using Persist = std::function<Result<void>(const std::string& record, bool durable)>;
  // The reply, without line end. Whatever `line` holds, there is one.
  [[nodiscard]] std::string handle(std::string_view line, const Persist& persist = {});
  // Applies a record: afterwards the state is as it was after the request that it was made for. kDataLoss when it does
  // not fit; the state is then unchanged.
  [[nodiscard]] Result<void> restore(std::string_view record);

  [[nodiscard]] std::size_t tells() const;
  // One sentence for each prior study: how it is taken, or why not.
  [[nodiscard]] std::vector<std::string> prior_notes() const;

 private:
  struct Impl;
  explicit AskTell(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The reply to a line that cannot even be handed over (longer than a reader keeps).
[[nodiscard]] std::string error_reply(const Error& error);
// The longest request line, in bytes.
inline constexpr std::size_t kLongestRequest = 1024 * 1024;

}  // namespace trimtab::optimizer
