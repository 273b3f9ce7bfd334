// Fold: raw samples of cAdvisor's series to use by the hour, for sources that cannot be asked by the hour.
#pragma once

#include <map>
#include <string>

#include "scan/measure.h"
#include "scan/series_answer.h"

namespace trimtab::scan {

// The hour h of the window covers (end - (hours - h) h, end - (hours - h - 1) h], as in measure(). Counters that fall
// were reset: they start at zero again. A counter's rise over more than an hour between two samples is left out: nobody
// knows when it came.
class SampleFold {
 public:
  SampleFold(const Inventory& inventory, Instant end, Duration window);

  // A series, or a part of it; parts of one series in order of time. Returns how many samples were used.
  std::size_t add(const Series& series);
  [[nodiscard]] HourlyUse use(std::size_t index) const;

 private:
  struct Counter {
    double seconds = 0;
    double value = 0;
  };
  // Of one pod's container.
  struct Cells {
    std::vector<float> cpu;               // core seconds by the hour
    std::vector<float> cpu_peak;          // greatest five minutes' cores by the hour
    std::vector<float> memory;            // MiB
    std::map<std::string, Counter> last;  // by metric
    std::size_t five = 0;                 // the open five minutes, and their core seconds
    double five_seconds = 0;
  };
  void add_points(std::size_t index, Cells& cells, const std::string& metric, const Series& series, std::size_t& used);
  void add_cpu(Cells& cells, double seconds, double rise) const;

  const Inventory& inventory_;
  const PodNames names_;
  const std::size_t hours_;
  const double first_;                                         // seconds at which the first hour begins
  std::map<std::pair<std::size_t, std::string>, Cells> pods_;  // container, pod
  std::vector<HourlyUse> events_;                              // by container: only their totals
};

}  // namespace trimtab::scan
