// Replicas of the service model living through simulated time: caches fill, starts are cold, memory kills restart, a
// rolling change replaces one replica after the other. Keeps the truth of every step and what would have been measured.
// Not thread safe; deterministic in its options and calls.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "simulation/service_model.h"

#include "base/random.h"
#include "engine/platform.h"

namespace trimtab::simulation {

struct ServiceOptions {
  int replicas = 2;
  Duration replica_start = std::chrono::seconds(40);  // start, warm-up and drain of one replica in a rolling change
  Duration crash_restart = std::chrono::seconds(15);  // after a kill
  double measurement_noise = 0.02;                    // relative standard deviation of every measured number
  std::vector<std::string> live_parameters;           // changed in place, without a restart (full names)
  std::uint64_t seed = 1;
};

// One step. Figures of the truth have no noise; `measured` has it, by the last part of a metric's name, in the packs'
// units.
struct StepTruth {
  Instant end;
  double arrivals = 0;
  double throughput = 0;
  double p95_ms = 0;
  double errors = 0;
  double cpu_cores = 0;        // mean of the replicas
  double working_set_mib = 0;  // largest replica
  int out_of_memory_kills = 0;
  std::map<std::string, double, std::less<>> measured;
};

class SimulatedService {
 public:
  // `model` outlives the service. kInvalidInput: the configuration is not one of the model's.
  [[nodiscard]] static Result<SimulatedService> create(const ServiceModel& model, ServiceOptions options,
                                                       const model::Configuration& initial, Instant start);

  // One step of the given length under the given arrivals. The returned reference lives until the next call.
  const StepTruth& advance(double arrivals, Duration step);
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] const std::vector<StepTruth>& history() const { return history_; }
  [[nodiscard]] engine::LiveState live() const;

  // Starts a change that goes on through the following steps; at most one at a time. kConflict, kInvalidInput as
  // engine::Platform. The same decision again is a success at once.
  [[nodiscard]] Result<void> begin(const engine::ApplyRequest& request);
  [[nodiscard]] bool changing() const { return change_.has_value(); }
  // Of the change that began last, once it is over: the live state, or why it stopped.
  [[nodiscard]] Result<engine::LiveState> outcome() const;

  [[nodiscard]] int restarts() const { return restarts_; }  // of replicas, by changes
  [[nodiscard]] int kills() const { return kills_; }

 private:
  struct Replica {
    model::Configuration configuration;
    ReplicaSettings settings;
    double pages = 0;
    Instant ready_at;
    int generation = 0;
    int restarts = 0;
    int kills = 0;
  };
  struct Change {
    engine::ApplyRequest request;
    ReplicaSettings settings;
    std::size_t done = 0;
    Instant next;
  };

  SimulatedService(const ServiceModel& model, ServiceOptions options, Instant start);
  void continue_change();
  [[nodiscard]] bool in_place(const model::Configuration& from, const model::Configuration& to) const;
  [[nodiscard]] Replica start_replica(const model::Configuration& configuration, const ReplicaSettings& settings,
                                      int generation) const;
  void measure(StepTruth& truth, const std::vector<ReplicaReport>& reports, Duration step);
  [[nodiscard]] std::vector<double> balance(double arrivals, double seconds) const;
  [[nodiscard]] ReplicaReport report(std::size_t replica, double arrivals, double seconds) const;
  [[nodiscard]] bool is_twin(std::size_t replica) const;
  double noisy(double value, double relative);

  const ServiceModel* model_;
  ServiceOptions options_;
  Random random_;
  Instant now_;
  std::vector<Replica> replicas_;
  std::optional<Change> change_;
  std::optional<Error> failure_;
  std::string completed_decision_;
  std::vector<StepTruth> history_;
  int restarts_ = 0;
  int kills_ = 0;
};

}  // namespace trimtab::simulation
