// The way up: when the SLOs are not met, back to a configuration that met them at such a load, or more resources.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "engine/live_step.h"

namespace trimtab::engine {
namespace {

constexpr double kSuchALoad = 0.9;     // a configuration is known to carry a load when it carried nine tenths of it
constexpr double kQuarterMore = 0.25;  // step up of a parameter without a maximum step

bool is_resource(const model::Application& application, const model::Parameter& parameter) {
  if (!parameter.is_number()) return false;
  for (const char* ending : {".cpu_limit", ".memory_limit", ".heap"}) {
    if (parameter.name.ends_with(ending)) return true;
  }
  // Or a pack knows that more of it lowers something.
  return std::ranges::any_of(application.monotone, [&](const model::Monotone& relation) {
    return relation.parameter == parameter.name && !relation.increasing;
  });
}

// A surge that lasts longer than this part of a cycle (six hours of a day) is no surge.
constexpr int kLongestSurge = 4;
constexpr Duration kLongestSurgeWithoutCycle = std::chrono::hours(6);

struct Known {
  const model::Configuration* configuration = nullptr;
  int good = 0;  // windows at such a load or more
  int bad = 0;   // windows at such a load or less
};

}  // namespace

// The cheapest configuration that met every SLO at such a load and never failed at one; else the last known good one,
// else the baseline, unless they are known not to carry it.
std::optional<model::Configuration> LiveStep::better_known(double load) const {
  std::vector<Known> records;
  for (const model::Observation& seen : state_.observations) {
    auto found = std::ranges::find_if(
        records, [&](const Known& record) { return same(*record.configuration, seen.configuration); });
    if (found == records.end()) found = records.insert(records.end(), {&seen.configuration});
    const bool good = is_good(application_.objective, seen);
    if (good && seen.load >= kSuchALoad * load) ++found->good;
    if (!good && seen.load * kSuchALoad <= load) ++found->bad;
  }
  const auto usable = [&](const model::Configuration& candidate) {
    return !same(candidate, state_.expected) && !is_barred(candidate, load) &&
           application_.space.validate(project(application_.space, candidate)).has_value();
  };
  const model::Configuration* best = nullptr;
  for (const Known& record : records) {
    if (record.good == 0 || record.bad > 0 || !usable(*record.configuration)) continue;
    // Less of everything is no way up, whatever it once carried; but for what is known to be good.
    if (cost_of(*record.configuration) < cost_of(state_.expected) &&
        !same(*record.configuration, state_.last_known_good)) {
      continue;
    }
    if (best == nullptr || cost_of(*record.configuration) < cost_of(*best)) best = record.configuration;
  }
  if (best != nullptr) return *best;
  for (const model::Configuration* candidate : {&state_.last_known_good, &state_.baseline}) {
    const bool known_bad = std::ranges::any_of(
        records, [&](const Known& record) { return record.bad > 0 && same(*record.configuration, *candidate); });
    if (!candidate->empty() && !known_bad && usable(*candidate) && cost_of(*candidate) >= cost_of(state_.expected)) {
      return *candidate;
    }
  }
  return std::nullopt;
}

bool LiveStep::is_in_place(const model::Configuration& from, const model::Configuration& to) const {
  return std::ranges::all_of(application_.space.parameters(), [&](const model::Parameter& parameter) {
    const model::Value* left = from.find(parameter.name);
    const model::Value* right = to.find(parameter.name);
    const bool changes = left == nullptr || right == nullptr ? left != right : *left != *right;
    return !changes || parameter.effect == model::ChangeEffect::kLive;
  });
}

// Whether policy may raise a resource of the running processes without asking.
bool LiveStep::reacts_in_place() const {
  return std::ranges::any_of(application_.space.parameters(), [this](const model::Parameter& parameter) {
    return parameter.effect == model::ChangeEffect::kLive && is_resource(application_, parameter) &&
           mode_of(application_, state_.mode, parameter.name) == model::Mode::kAutonomous;
  });
}

// Back to what carried such a load before; but when it has never been carried here, more is given to the running
// processes first: restarts in the middle of a surge take capacity away, and cold processes are slow.
std::optional<model::Configuration> LiveStep::way_up(std::string& why) const {
  std::optional<model::Configuration> known = better_known(state_.load_now);
  if (known) {
    // Parameters that are only observed stay as they are.
    for (const std::string& name : untouchable(model::Mode::kRecommend)) {
      const model::Value* live = state_.expected.find(name);
      live == nullptr ? known->erase(name) : known->set(name, *live);
    }
    if (same(*known, state_.expected) || !application_.space.validate(project(application_.space, *known))) {
      known.reset();
    }
  }
  why = "it met every SLO at such a load before";
  const model::Configuration live = project(application_.space, state_.expected);
  if (known && is_in_place(live, project(application_.space, *known))) return known;
  if (state_.load_now > carried_load()) {
    if (auto raised = more_resources(true)) {
      why = "the load is higher than was ever carried; more of it helps at once, without a restart";
      return raised;
    }
  }
  if (known) return known;
  why = "more of it relieves the bottleneck";
  return more_resources(false);
}

// One bounded step up in every resource that still has room.
std::optional<model::Configuration> LiveStep::more_resources(bool in_place_only) const {
  const model::Configuration live = project(application_.space, state_.expected);
  const std::vector<std::string> frozen = untouchable(model::Mode::kRecommend);
  model::Configuration raised = live;
  std::vector<model::Configuration> single;
  for (const model::Parameter& parameter : application_.space.parameters()) {
    const auto value = live.number(parameter.name);
    if (!value || !is_resource(application_, parameter) || std::ranges::binary_search(frozen, parameter.name)) continue;
    if (in_place_only && parameter.effect != model::ChangeEffect::kLive) continue;
    const double step = parameter.max_step.value_or(std::abs(*value) * kQuarterMore);
    double higher = parameter.snap(std::min(parameter.max, *value + step));
    if (parameter.max_step && higher - *value > *parameter.max_step * (1 + 1e-9)) {
      higher = parameter.snap(higher - parameter.step.value_or(0));
    }
    if (higher <= *value) continue;
    raised.set(parameter.name, higher);
    single.push_back(live);
    single.back().set(parameter.name, higher);
  }
  single.insert(single.begin(), raised);
  for (const model::Configuration& candidate : single) {
    if (!same(candidate, live) && application_.space.validate(candidate) && !is_barred(candidate, state_.load_now)) {
      return candidate;
    }
  }
  return std::nullopt;
}

void LiveStep::propose_return(const std::string& reason) {
  if (state_.paused || state_.mode == model::Mode::kObserve || state_.decision || state_.phase != Phase::kObserving)
    return;
  if (state_.open && state_.open->kind == "return") return;
  std::string why;
  const std::optional<model::Configuration> target = way_up(why);
  if (!target) {
    state_.search_answer =
        "the SLOs are not met and no better configuration is known within the ranges (" + reason + ")";
    return;
  }
  model::Recommendation made = draft(*target, "return");
  if (made.changes.empty()) return;
  for (model::Change& change : made.changes)
    change.why = why;
  made.evidence.statements.insert(made.evidence.statements.begin(), reason);
  made.summary = summary(made);
  note_surge(made);
  supersede_open("the SLOs are not met any more");
  state_.search_answer.clear();
  offer(std::move(made));
}

// Whether it is a load that does not come back that asks for more: then what is live now is what to go back to.
void LiveStep::note_surge(const model::Recommendation& made) {
  if (state_.surge || state_.load_now <= recurring_load() || carried_load() <= 0) return;
  state_.surge = SurgeUnderWay{made.current, at_};
}

// After a surge, in one step back to the configuration before it: it was good, and the loads expected are again such as
// it carried. True while the surge lasts or when the way back was offered: nothing else is searched for then.
bool LiveStep::consider_way_back() {
  if (!state_.surge) return false;
  const model::Configuration before = state_.surge->before;
  const double carried = carried_load(before);
  const double recurring = recurring_load();
  const auto cycle = insight::find_cycle(state_.loads);
  const Duration longest = cycle ? *cycle / kLongestSurge : kLongestSurgeWithoutCycle;
  const bool failed_below = std::ranges::any_of(state_.observations, [&](const model::Observation& seen) {
    return seen.load <= std::min(recurring, carried) && same(seen.configuration, before) &&
           !is_good(application_.objective, seen);
  });
  if (same(before, state_.expected) || at_ > state_.surge->since + longest || is_barred(before, recurring) ||
      failed_below || recurring * kSuchALoad > carried) {
    state_.surge.reset();
    return false;
  }
  if (state_.load_now > std::max(carried, recurring)) {
    state_.search_answer =
        fmt::format("the surge to end: {:.4g} requests/s; {:.4g} come back", state_.load_now, recurring);
    return true;
  }
  if (state_.open && same(state_.open->target(), before)) return true;
  model::Recommendation made = draft(before, "back");
  for (model::Change& change : made.changes)
    change.why = fmt::format("the surge is over; this met every SLO at up to {:.4g} requests/s before it", carried);
  made.summary = summary(made);
  supersede_open("the surge is over");
  state_.search_answer.clear();
  offer(std::move(made));
  return true;
}

}  // namespace trimtab::engine
