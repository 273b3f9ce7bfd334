#include "numeric/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "base/check.h"

namespace trimtab::numeric {
namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += a[i] * b[i];
  return sum;
}

struct Pair {
  Vector s;
  Vector y;
  double rho = 0;
};

void project(Vector& x, const Box& box) {
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = std::clamp(x[i], box.lower[i], box.upper[i]);
}

// Variables that the gradient presses against a bound do not move in this iteration.
std::vector<bool> held_at_bounds(const Vector& x, const Vector& gradient, const Box& box) {
  std::vector<bool> held(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    held[i] = (x[i] <= box.lower[i] && gradient[i] > 0) || (x[i] >= box.upper[i] && gradient[i] < 0);
  return held;
}

double norm_of_free(const Vector& gradient, const std::vector<bool>& held) {
  double norm = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i)
    if (!held[i]) norm = std::max(norm, std::abs(gradient[i]));
  return norm;
}

Vector descent_direction(const Vector& gradient, const std::deque<Pair>& pairs, const std::vector<bool>& held) {
  Vector q = gradient;
  for (std::size_t i = 0; i < q.size(); ++i)
    if (held[i]) q[i] = 0;
  Vector alpha(pairs.size());
  for (std::size_t k = pairs.size(); k-- > 0;) {
    alpha[k] = pairs[k].rho * dot(pairs[k].s, q);
    for (std::size_t i = 0; i < q.size(); ++i)
      q[i] -= alpha[k] * pairs[k].y[i];
  }
  const double scale = pairs.empty() ? 1 / std::max(1.0, norm_of_free(gradient, held))
                                     : 1 / (pairs.back().rho * dot(pairs.back().y, pairs.back().y));
  for (double& value : q)
    value *= scale;
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    const double beta = pairs[k].rho * dot(pairs[k].y, q);
    for (std::size_t i = 0; i < q.size(); ++i)
      q[i] += (alpha[k] - beta) * pairs[k].s[i];
  }
  for (std::size_t i = 0; i < q.size(); ++i)
    q[i] = held[i] ? 0 : -q[i];
  return q;
}

struct State {
  Vector x;
  Vector gradient;
  double value = 0;
};

// Armijo along the projected path; false when no step of 30 halvings decreases the function.
bool line_search(const SmoothFunction& f, const Box& box, const Vector& direction, State& state, int& evaluations) {
  constexpr double kSufficient = 1e-4;  // Nocedal and Wright, section 3.1
  constexpr int kMostHalvings = 30;
  State trial{state.x, Vector(state.x.size()), 0};
  double step = 1;
  for (int attempt = 0; attempt < kMostHalvings; ++attempt, step *= 0.5) {
    for (std::size_t i = 0; i < trial.x.size(); ++i)
      trial.x[i] = state.x[i] + step * direction[i];
    project(trial.x, box);
    double slope = 0;
    for (std::size_t i = 0; i < trial.x.size(); ++i)
      slope += state.gradient[i] * (trial.x[i] - state.x[i]);
    if (slope >= 0) continue;
    trial.value = f(trial.x, trial.gradient);
    ++evaluations;
    if (std::isfinite(trial.value) && trial.value <= state.value + kSufficient * slope) {
      state = std::move(trial);
      return true;
    }
  }
  return false;
}

void remember(std::deque<Pair>& pairs, const State& before, const State& after, int memory) {
  Pair pair{Vector(before.x.size()), Vector(before.x.size()), 0};
  for (std::size_t i = 0; i < before.x.size(); ++i) {
    pair.s[i] = after.x[i] - before.x[i];
    pair.y[i] = after.gradient[i] - before.gradient[i];
  }
  const double curvature = dot(pair.s, pair.y);
  if (curvature <= 1e-10 * dot(pair.y, pair.y)) return;
  pair.rho = 1 / curvature;
  pairs.push_back(std::move(pair));
  if (pairs.size() > static_cast<std::size_t>(memory)) pairs.pop_front();
}

}  // namespace

Minimum minimize(const SmoothFunction& f, std::vector<double> start, const Box& box, const LbfgsOptions& options) {
  CHECK(box.lower.size() == start.size() && box.upper.size() == start.size());
  project(start, box);
  State state{std::move(start), {}, 0};
  state.gradient.resize(state.x.size());
  state.value = f(state.x, state.gradient);
  CHECK(std::isfinite(state.value));
  Minimum result;
  result.evaluations = 1;
  std::deque<Pair> pairs;
  for (; result.iterations < options.max_iterations; ++result.iterations) {
    const auto held = held_at_bounds(state.x, state.gradient, box);
    if (norm_of_free(state.gradient, held) <= options.gradient_tolerance) {
      result.converged = true;
      break;
    }
    Vector direction = descent_direction(state.gradient, pairs, held);
    if (dot(direction, state.gradient) >= 0) {
      pairs.clear();
      direction = descent_direction(state.gradient, pairs, held);
    }
    const State before = state;
    if (!line_search(f, box, direction, state, result.evaluations)) {
      if (pairs.empty()) break;
      pairs.clear();  // once more along the gradient
      continue;
    }
    remember(pairs, before, state, options.memory);
    if (before.value - state.value <= options.value_tolerance * (1 + std::abs(state.value))) {
      result.converged = true;
      break;
    }
  }
  result.x = std::move(state.x);
  result.value = state.value;
  return result;
}

}  // namespace trimtab::numeric
