#include "model/satisfy.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/random.h"

namespace trimtab::model {
namespace {

constexpr int kSamples = 20000;
constexpr int kRounds = 50;      // of propagation; each can only shrink the ranges
constexpr double kSlack = 1e-9;  // relative, against rounding in sums of decimals
constexpr int kRepairs = 8;      // changes tried on one sample

struct Range {
  double low = 0;
  double high = 0;
};

// sum coefficients * numbers + constant <= 0 over the space's numbers.
struct Inequality {
  std::size_t constraint = 0;
  std::vector<double> coefficients;
  double constant = 0;
};

class Search {
 public:
  Search(const Space& space, std::uint64_t seed) : space_(space), random_(Random::named(seed, "satisfy")) {
    for (const auto& parameter : space.parameters()) {
      if (!parameter.is_number()) continue;
      numbers_.push_back(&parameter);
      names_.push_back(parameter.name);
      ranges_.push_back({parameter.min, parameter.snap(parameter.max)});
    }
    for (std::size_t i = 0; i < space.constraints().size(); ++i)
      add_inequalities(i);
  }

  Result<Configuration> run() {
    TRY(tighten());
    std::vector<int> failures(space_.constraints().size(), 0);
    for (int i = 0; i < kSamples; ++i) {
      Configuration sample = draw(i);
      repair(sample);
      const auto failed = first_violated(sample);
      if (!failed) return without_inactive(std::move(sample));
      ++failures[*failed];
      if (space_.constraints().size() > 1) count_further(sample, *failed, failures);
    }
    return fail(not_found_among_samples(failures));
  }

 private:
  void add_inequalities(std::size_t index) {
    const auto& expression = space_.constraints()[index].expression;
    for (const auto& name : expression.variables()) {
      const Parameter* parameter = space_.find(name);
      if (parameter == nullptr || parameter->when) return;  // it may not apply
    }
    const auto sides = expression.as_comparison();
    if (!sides || sides->comparison == expr::Comparison::kNotEqual) return;
    const auto left = sides->left.as_linear(names_);
    const auto right = sides->right.as_linear(names_);
    if (!left || !right) return;
    Inequality up{index, left->coefficients, left->constant - right->constant};
    for (std::size_t i = 0; i < names_.size(); ++i)
      up.coefficients[i] -= right->coefficients[i];
    Inequality down = up;
    for (auto& c : down.coefficients)
      c = -c;
    down.constant = -down.constant;
    using enum expr::Comparison;
    if (sides->comparison != kGreater && sides->comparison != kGreaterEqual) inequalities_.push_back(std::move(up));
    if (sides->comparison != kLess && sides->comparison != kLessEqual) inequalities_.push_back(std::move(down));
  }

  [[nodiscard]] double least(const Inequality& inequality) const {
    double sum = inequality.constant;
    for (std::size_t i = 0; i < ranges_.size(); ++i)
      sum += inequality.coefficients[i] * (inequality.coefficients[i] > 0 ? ranges_[i].low : ranges_[i].high);
    return sum;
  }

  [[nodiscard]] double size(const Inequality& inequality) const {
    double sum = std::fabs(inequality.constant);
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      sum += std::fabs(inequality.coefficients[i]) * std::max(std::fabs(ranges_[i].low), std::fabs(ranges_[i].high));
    }
    return sum;
  }

  // Cuts from every range what no solution of any single inequality can use, until nothing changes.
  Result<void> tighten() {
    std::vector<std::size_t> cutting;  // constraints that have cut a range
    for (int round = 0; round < kRounds; ++round) {
      bool changed = false;
      for (const auto& inequality : inequalities_) {
        const double slack = kSlack * (1 + size(inequality));
        const double bottom = least(inequality);
        if (bottom > slack) return fail(impossible(inequality, bottom, cutting));
        if (cut(inequality, bottom, slack)) {
          changed = true;
          if (std::ranges::find(cutting, inequality.constraint) == cutting.end()) {
            cutting.push_back(inequality.constraint);
          }
        }
      }
      if (!changed) break;
    }
    return {};
  }

  bool cut(const Inequality& inequality, double bottom, double slack) {
    bool changed = false;
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      const double c = inequality.coefficients[i];
      if (c == 0) continue;
      Range& range = ranges_[i];
      const double room = (slack - bottom) / std::fabs(c);  // how far the number may go from its best end
      if (range.high - range.low <= room) continue;
      if (c > 0) {
        range.high = range.low + room;
      } else {
        range.low = range.high - room;
      }
      changed = true;
    }
    return changed;
  }

  [[nodiscard]] Error impossible(const Inequality& inequality, double bottom,
                                 const std::vector<std::size_t>& cutting) const {
    const auto& constraints = space_.constraints();
    std::vector<std::string> others;
    for (const auto index : cutting) {
      if (index != inequality.constraint) others.push_back("\"" + constraints[index].described() + "\"");
    }
    const std::string with = others.empty() ? "" : fmt::format(" together with {}", fmt::join(others, ", "));
    return invalid_input(fmt::format("no values within the ranges satisfy \"{}\"{}: it is missed by at least {:.6g}",
                                     constraints[inequality.constraint].described(), with, bottom),
                         fmt::format("constraints[{}]", inequality.constraint),
                         "widen a range or relax the constraint");
  }

  // The first samples are the corners of the ranges, where constraints of one direction are most easily met.
  Configuration draw(int index) {
    Configuration sample;
    std::size_t number = 0;
    for (const auto& parameter : space_.parameters()) {
      if (!parameter.is_number()) {
        sample.set(parameter.name, parameter.values[random_.below(parameter.values.size())]);
        continue;
      }
      const Range& range = ranges_[number++];
      const double u = index == 0 ? 0 : index == 1 ? 1 : random_.uniform();
      const bool log = parameter.scale == Scale::kLog && range.low > 0;
      const double value =
          log ? range.low * std::pow(range.high / range.low, u) : range.low + u * (range.high - range.low);
      sample.set(parameter.name, parameter.snap(value));
    }
    return sample;
  }

  // Moves a number of a violated linear constraint just far enough, on its grid, and looks again.
  void repair(Configuration& sample) {
    for (int attempt = 0; attempt < kRepairs; ++attempt) {
      const Inequality* violated = nullptr;
      double excess = 0;
      for (const auto& inequality : inequalities_) {
        excess = value(inequality, sample);
        if (excess <= kSlack * (1 + size(inequality))) continue;
        violated = &inequality;
        break;
      }
      if (violated == nullptr) return;
      std::vector<std::size_t> movable;
      for (std::size_t i = 0; i < names_.size(); ++i) {
        if (violated->coefficients[i] != 0) movable.push_back(i);
      }
      if (movable.empty()) return;
      const std::size_t i = movable[random_.below(movable.size())];
      const Parameter& parameter = *numbers_[i];
      const double by = excess / violated->coefficients[i];
      const double step = parameter.step.value_or(parameter.type == ParameterType::kInteger ? 1 : 0);
      const double target = *sample.number(names_[i]) - by - (by > 0 ? step / 2 : -step / 2);
      sample.set(names_[i], parameter.snap(target));
    }
  }

  [[nodiscard]] double value(const Inequality& inequality, const Configuration& sample) const {
    double sum = inequality.constant;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (inequality.coefficients[i] != 0) sum += inequality.coefficients[i] * *sample.number(names_[i]);
    }
    return sum;
  }

  [[nodiscard]] bool violates(const Configuration& sample, std::size_t index) const {
    return !space_.holds(space_.constraints()[index], sample);
  }
  [[nodiscard]] std::optional<std::size_t> first_violated(const Configuration& sample) const {
    for (std::size_t i = 0; i < space_.constraints().size(); ++i) {
      if (violates(sample, i)) return i;
    }
    return std::nullopt;
  }
  void count_further(const Configuration& sample, std::size_t first, std::vector<int>& failures) const {
    for (std::size_t i = first + 1; i < failures.size(); ++i) {
      if (violates(sample, i)) ++failures[i];
    }
  }

  [[nodiscard]] Configuration without_inactive(Configuration sample) const {
    const Configuration whole = sample;
    for (const auto& parameter : space_.parameters()) {
      if (!space_.is_active(parameter, whole)) sample.erase(parameter.name);
    }
    return sample;
  }

  [[nodiscard]] Error not_found_among_samples(const std::vector<int>& failures) const {
    const auto worst = static_cast<std::size_t>(std::ranges::max_element(failures) - failures.begin());
    const std::string share =
        failures[worst] == kSamples ? "none" : fmt::format("{} of them", kSamples - failures[worst]);
    return invalid_input(fmt::format("no configuration satisfies all constraints: of {} tried, {} satisfied \"{}\"",
                                     kSamples, share, space_.constraints()[worst].described()),
                         fmt::format("constraints[{}]", worst), "widen a range or relax the constraint");
  }

  const Space& space_;
  Random random_;
  std::vector<const Parameter*> numbers_;
  std::vector<std::string> names_;
  std::vector<Range> ranges_;
  std::vector<Inequality> inequalities_;
};

}  // namespace

Result<Configuration> find_satisfying(const Space& space, std::uint64_t seed) {
  return Search(space, seed).run();
}

}  // namespace trimtab::model
