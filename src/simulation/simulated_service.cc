#include "simulation/simulated_service.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace trimtab::simulation {
namespace {

// Relative error of a 95th percentile estimated from n requests with an exponential tail: sqrt(q (1-q) / n) over the
// density, about 1.5 / sqrt(n).
constexpr double kQuantileError = 1.5;
constexpr double kQuantile = 0.95;
constexpr int kBalanceRounds = 12;
constexpr double kBalanceDamping = 0.4;
constexpr double kLeastResponse_s = 0.001;

double worst(const std::vector<ReplicaReport>& reports, double ReplicaReport::* member) {
  double value = 0;
  for (const ReplicaReport& report : reports)
    value = std::max(value, report.*member);
  return value;
}

double mean(const std::vector<ReplicaReport>& reports, double ReplicaReport::* member) {
  double sum = 0;
  for (const ReplicaReport& report : reports)
    sum += report.*member;
  return reports.empty() ? 0 : sum / static_cast<double>(reports.size());
}

}  // namespace

Result<SimulatedService> SimulatedService::create(const ServiceModel& model, ServiceOptions options,
                                                  const model::Configuration& initial, Instant start) {
  if (options.replicas < 1) return fail(invalid_input("at least one replica is needed", "replicas"));
  TRY_ASSIGN(const ReplicaSettings settings, replica_settings(initial));
  SimulatedService service(model, std::move(options), start);
  for (int i = 0; i < service.options_.replicas; ++i) {
    Replica replica = service.start_replica(initial, settings, 0);
    replica.ready_at = start - std::chrono::hours(24);  // has been there for long: warm, cache full
    replica.pages = model.cache_capacity(settings);
    service.replicas_.push_back(std::move(replica));
  }
  return service;
}

SimulatedService::SimulatedService(const ServiceModel& model, ServiceOptions options, Instant start)
    : model_(&model), options_(std::move(options)), random_(Random::named(options_.seed, "measurement")), now_(start) {}

SimulatedService::Replica SimulatedService::start_replica(const model::Configuration& configuration,
                                                          const ReplicaSettings& settings, int generation) const {
  Replica replica;
  replica.configuration = configuration;
  replica.settings = settings;
  replica.pages = std::min<double>(model_->parameters().warm_pages, model_->cache_capacity(settings));
  replica.ready_at = now_;
  replica.generation = generation;
  return replica;
}

const StepTruth& SimulatedService::advance(double arrivals, Duration step) {
  continue_change();
  StepTruth truth;
  truth.end = now_ + step;
  truth.arrivals = arrivals;
  const double seconds = to_seconds(step);
  const std::vector<double> shares = balance(arrivals, seconds);
  std::vector<ReplicaReport> reports;
  double lost = 0;  // requests/s
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    const bool same = i > 0 && shares[i] == shares[i - 1] && is_twin(i);
    reports.push_back(same ? reports.back() : report(i, shares[i], seconds));
    lost += shares[i] * reports.back().timeouts;
  }
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    Replica& replica = replicas_[i];
    if (!reports[i].killed) {
      replica.pages =
          std::min(replica.pages + reports[i].render_rate * seconds, model_->cache_capacity(replica.settings));
      continue;
    }
    // Killed: what is under way is lost, and so is the capacity until it is back.
    truth.out_of_memory_kills += 1;
    lost += shares[i] * std::min(1.0, to_seconds(options_.crash_restart) / seconds) * (1 - reports[i].timeouts);
    const int kills = replica.kills + 1;
    const int restarts = replica.restarts + 1;
    replica = start_replica(replica.configuration, replica.settings, replica.generation + 1);
    replica.kills = kills;
    replica.restarts = restarts;
  }
  kills_ += truth.out_of_memory_kills;
  std::vector<WeightedLatency> mixture;
  for (const ReplicaReport& report : reports)
    mixture.push_back({&report.latency, report.arrivals});
  truth.p95_ms = 1000 * quantile(mixture, kQuantile, model_->parameters().timeout_s);
  truth.errors = arrivals > 0 ? std::min(1.0, lost / arrivals) : 0;
  truth.throughput = arrivals * (1 - truth.errors);
  truth.cpu_cores = mean(reports, &ReplicaReport::cpu_cores);
  truth.working_set_mib = worst(reports, &ReplicaReport::working_set_mib);
  now_ = truth.end;
  measure(truth, reports, step);
  history_.push_back(std::move(truth));
  return history_.back();
}

ReplicaReport SimulatedService::report(std::size_t i, double arrivals, double seconds) const {
  const Replica& replica = replicas_[i];
  return model_->evaluate(replica.settings,
                          {arrivals, replica.pages, to_seconds(now_ - replica.ready_at) + seconds / 2});
}

// In the same state as the replica before it.
bool SimulatedService::is_twin(std::size_t i) const {
  const Replica& a = replicas_[i - 1];
  const Replica& b = replicas_[i];
  return a.settings == b.settings && a.pages == b.pages && a.ready_at == b.ready_at;
}

// The balancer sends a request to the replica with the fewest under way, so a cold replica gets less: rates in inverse
// proportion to response times (Little's law), found by damped iteration.
std::vector<double> SimulatedService::balance(double arrivals, double seconds) const {
  const std::size_t count = replicas_.size();
  std::vector<double> shares(count, arrivals / static_cast<double>(count));
  bool all_same = true;
  for (std::size_t i = 1; i < count; ++i)
    all_same = all_same && is_twin(i);
  if (all_same || arrivals <= 0) return shares;
  for (int round = 0; round < kBalanceRounds; ++round) {
    std::vector<double> speeds;
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      speeds.push_back(1 / std::max(kLeastResponse_s, report(i, shares[i], seconds).latency.mean()));
      sum += speeds.back();
    }
    for (std::size_t i = 0; i < count; ++i)
      shares[i] += kBalanceDamping * (arrivals * speeds[i] / sum - shares[i]);
  }
  return shares;
}

double SimulatedService::noisy(double value, double relative) {
  return value * std::exp(relative * random_.normal() - relative * relative / 2);
}

void SimulatedService::measure(StepTruth& truth, const std::vector<ReplicaReport>& reports, Duration step) {
  const double noise = options_.measurement_noise;
  const double requests = std::max(1.0, truth.arrivals * to_seconds(step));
  const double quantile_noise = std::min(0.5, std::sqrt(noise * noise + kQuantileError * kQuantileError / requests));
  auto& m = truth.measured;
  m["p95"] = noisy(truth.p95_ms, quantile_noise);
  m["p50"] = noisy(truth.p95_ms / 3, noise);
  // Errors are counted, so a share scatters as a Poisson count does.
  const double failed = truth.errors * requests;
  m["errors"] = std::clamp((failed + std::sqrt(failed) * random_.normal()) / requests, 0.0, 1.0);
  m["arrivals"] = noisy(truth.arrivals, noise / 4);
  m["throughput"] = m["arrivals"] * (1 - m["errors"]);
  m["cpu_used"] = noisy(truth.cpu_cores, noise);
  m["cpu_used_peak"] = noisy(worst(reports, &ReplicaReport::cpu_cores), noise);
  m["throttled_ratio"] = std::min(1.0, noisy(mean(reports, &ReplicaReport::throttled_ratio), noise));
  m["memory_working_set"] = noisy(truth.working_set_mib, noise / 2);
  m["oom_kills"] = truth.out_of_memory_kills;
  m["heap_used"] = noisy(worst(reports, &ReplicaReport::heap_used_mib), noise);
  m["live_data"] = noisy(worst(reports, &ReplicaReport::live_mib), noise);
  m["gc_time_ratio"] = noisy(worst(reports, &ReplicaReport::gc_time_ratio), noise);
  m["gc_pause_max"] = noisy(worst(reports, &ReplicaReport::gc_pause_max_ms), noise);
  m["threads"] = 25 + worst(reports, &ReplicaReport::threads);
  m["busy_threads"] = noisy(worst(reports, &ReplicaReport::busy_threads), noise);
  m["replicas"] = static_cast<double>(replicas_.size());
}

engine::LiveState SimulatedService::live() const {
  engine::LiveState state;
  state.at = now_;
  state.decision = completed_decision_;
  state.healthy = !change_;
  std::string identities;
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    const Replica& replica = replicas_[i];
    engine::ReplicaState shown;
    shown.name = fmt::format("replica-{}", i + 1);
    shown.ready = true;
    shown.configuration = replica.configuration;
    shown.identity = fmt::format("{}.{}", i + 1, replica.generation);
    shown.restarts = replica.restarts;
    shown.out_of_memory_kills = replica.kills;
    if (replica.configuration != replicas_.front().configuration) state.healthy = false;
    identities += shown.identity + " " + replica.configuration.fingerprint() + " ";
    state.replicas.push_back(std::move(shown));
  }
  for (const auto& [name, value] : replicas_.front().configuration.entries()) {
    const bool agreed = std::all_of(replicas_.begin(), replicas_.end(), [&](const Replica& replica) {
      const model::Value* other = replica.configuration.find(name);
      return other && *other == value;
    });
    if (agreed) state.configuration.set(name, value);
  }
  if (!state.healthy) state.trouble = change_ ? "a change is under way" : "replicas run different configurations";
  state.fingerprint = fmt::format("{:016x}", stable_hash(identities));
  return state;
}

bool SimulatedService::in_place(const model::Configuration& from, const model::Configuration& to) const {
  return std::ranges::all_of(from.difference(to), [&](const std::string& name) {
    return std::ranges::find(options_.live_parameters, name) != options_.live_parameters.end();
  });
}

Result<void> SimulatedService::begin(const engine::ApplyRequest& request) {
  if (change_) return fail(conflict("another change is under way"));
  failure_.reset();
  if (completed_decision_ == request.decision && live().configuration == request.target) return {};
  if (!request.expected_fingerprint.empty() && live().configuration.fingerprint() != request.expected_fingerprint) {
    return fail(conflict("the live configuration is not the expected one"));
  }
  TRY_ASSIGN(const ReplicaSettings settings, replica_settings(request.target));
  change_ = Change{request, settings, 0, now_};
  return {};
}

// Replaces the replicas whose turn has come. A new replica takes over when it is ready, so capacity is never missing.
void SimulatedService::continue_change() {
  while (change_ && now_ >= change_->next) {
    if (change_->done == replicas_.size()) {
      completed_decision_ = change_->request.decision;
      change_.reset();
      return;
    }
    Replica& replica = replicas_[change_->done];
    if (in_place(replica.configuration, change_->request.target)) {
      replica.configuration = change_->request.target;
      replica.settings = change_->settings;
      replica.kills = replica.restarts = 0;
      ++change_->done;
      continue;
    }
    Replica fresh = start_replica(change_->request.target, change_->settings, replica.generation + 1);
    const ReplicaReport start = model_->evaluate(change_->settings, {0, fresh.pages, 0});
    if (start.killed || start.heap_exhausted) {
      failure_ = unavailable(fmt::format("replica-{} did not become ready: {}", change_->done + 1,
                                         start.killed ? "killed, out of memory" : "OutOfMemoryError"));
      change_.reset();
      return;
    }
    replica = std::move(fresh);
    ++restarts_;
    ++change_->done;
    change_->next = change_->next + options_.replica_start;
  }
}

Result<engine::LiveState> SimulatedService::outcome() const {
  if (change_) return fail(unavailable("the change is still under way"));
  if (failure_) return fail(*failure_);
  return live();
}

}  // namespace trimtab::simulation
