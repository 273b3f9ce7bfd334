// The use of a batch of workloads, put together from the answers of a few queries. Internal to the room.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scan/measure.h"
#include "scan/series_answer.h"

namespace trimtab::scan {

// Not thread safe. Series of pods that belong to no workload of the batch are passed over.
class BatchUse {
 public:
  using Range = std::pair<std::size_t, std::size_t>;  // of inventory.containers
  // `workloads` in the inventory's order. `first_seconds`: the point that ends the first of `hours` hours.
  BatchUse(const Inventory& inventory, const PodNames& names, std::vector<Range> workloads, std::size_t hours,
           double first_seconds);

  // Samples of the CPU counter on the grid of hours, from an hour before the first point on.
  void add_cpu(const Series& series);
  void add_memory(const Series& series);    // bytes, the hours' greatest
  void add_cpu_peak(const Series& series);  // cores
  // Samples of a counter of events at a few times, all of a series in one visit or in several in order of time.
  void add_event(std::string_view metric, const Series& series);
  void add_live_heap(const Series& series);

  // After everything was added: calls `done` for every container of the batch.
  void finish(const std::function<void(std::size_t index, const HourlyUse& use)>& done);

  [[nodiscard]] static double HourlyUse::* event_of(std::string_view metric);  // nullptr: none of them

 private:
  using PodContainer = std::pair<std::size_t, std::string>;  // container's index, pod

  void each_container(const Series& series, const std::function<void(std::size_t index, HourlyUse& use)>& visit);
  [[nodiscard]] std::optional<std::size_t> hour_of(double seconds) const;

  const Inventory& inventory_;
  const PodNames& names_;
  const std::vector<Range> workloads_;
  const std::size_t hours_;
  const double first_seconds_;
  std::vector<std::size_t> position_;  // of a container, from the batch's first on, in uses_
  std::vector<HourlyUse> uses_;
  std::map<PodContainer, std::vector<float>> pod_cpu_;  // cores by the hour
  std::map<std::string, double> last_event_;            // by the series' identity
};

}  // namespace trimtab::scan
