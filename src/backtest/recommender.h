// Recommender: something that sizes a container from what it used. The interface of the backtest to all rivals.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backtest/trace.h"

namespace trimtab::backtest {

// Of one replica. Memory's request is its limit: what is reserved is what may be used.
struct Advice {
  double cpu = 0;         // cores, requested
  double memory_mib = 0;  // requested, and the limit
  double cpu_limit = 0;   // 0: none
};

// Fed every minute of one container in order; asked at times. Deterministic. Not thread safe.
class Recommender {
 public:
  virtual ~Recommender() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  // Minutes between two times it is asked, as the original works or is usually run.
  [[nodiscard]] virtual int cadence_minutes() const = 0;
  virtual void observe(const MinuteUse& use) = 0;
  // What the container should have; `live` when the original would leave it as it is, or knows too little.
  [[nodiscard]] virtual Advice advise(std::size_t minute, const Advice& live) = 0;
};

// Made anew for every trace.
struct Contestant {
  std::string name;
  std::function<std::unique_ptr<Recommender>(const Trace& trace)> make;
};

}  // namespace trimtab::backtest
