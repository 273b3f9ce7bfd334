// Minimisation of a smooth function in a box: projected L-BFGS with Armijo backtracking along the projected path.
//
// Method: two-loop recursion (Nocedal and Wright 2006, algorithm 7.4) on the variables that are not held at a bound by
// the gradient (Bertsekas 1982, SIAM J. Control Optim. 20), pairs kept only when s.y > 0. Deterministic; thread safe.
#pragma once

#include <functional>
#include <span>
#include <vector>

namespace trimtab::numeric {

// Returns f(x) and writes its gradient. A value that is not finite means "outside"; the step is then shortened.
using SmoothFunction = std::function<double(std::span<const double> x, std::span<double> gradient)>;

struct Box {
  std::vector<double> lower;  // same length as x; may be -infinity
  std::vector<double> upper;
};

struct LbfgsOptions {
  int max_iterations = 50;
  int memory = 8;                    // pairs
  double gradient_tolerance = 1e-5;  // infinity norm of the projected gradient
  double value_tolerance = 1e-9;     // relative decrease of one iteration
};

struct Minimum {
  std::vector<double> x;
  double value = 0;
  int iterations = 0;
  int evaluations = 0;
  bool converged = false;  // false: stopped at the iteration limit or no step decreased the function
};

// Never leaves the box; the result is never worse than the start. Precondition: sizes agree, lower <= upper, f is
// finite at the start (projected into the box).
[[nodiscard]] Minimum minimize(const SmoothFunction& f, std::vector<double> start, const Box& box,
                               const LbfgsOptions& options = {});

}  // namespace trimtab::numeric
