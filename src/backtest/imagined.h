// Imagined: what the live engine recommended, as a contestant: in force from the minute it was proposed.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "backtest/recommender.h"

namespace trimtab::backtest {

struct ImaginedAdvice {
  std::size_t minute = 0;
  Advice advice;
};

class Imagined final : public Recommender {
 public:
  // `schedule` in order of time.
  Imagined(std::string name, std::vector<ImaginedAdvice> schedule)
      : name_(std::move(name)), schedule_(std::move(schedule)) {}

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] int cadence_minutes() const override { return 1; }
  void observe(const MinuteUse& /*use*/) override {}
  [[nodiscard]] Advice advise(std::size_t minute, const Advice& live) override {
    const auto next = std::upper_bound(schedule_.begin(), schedule_.end(), minute,
                                       [](std::size_t m, const ImaginedAdvice& entry) { return m < entry.minute; });
    return next == schedule_.begin() ? live : std::prev(next)->advice;
  }

 private:
  std::string name_;
  std::vector<ImaginedAdvice> schedule_;
};

}  // namespace trimtab::backtest
