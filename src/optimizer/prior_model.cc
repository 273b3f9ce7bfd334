#include "optimizer/prior_model.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "model/satisfy.h"
#include "numeric/statistics.h"
#include "optimizer/prior_source.h"
#include "optimizer/study_candidates.h"

namespace trimtab::optimizer {
namespace {

constexpr std::size_t kStartRows = 8;     // of one study
constexpr std::size_t kFewestJudged = 4;  // trials that say whether a prior orders them
constexpr double kCarryDeviation = 0.5;   // of s_p around 1
constexpr double kMostCarried = 2;        // of s_p
constexpr double kTrustTrials = 4;        // trials that the prior trust weighs as much as
constexpr double kPriorTrust = 0.5;       // rank correlation of a prior before any trial
constexpr double kResidualShare = 0.05;   // of the variation, never explained

// How well one order agrees with another, each pair weighted by how much it matters: in [-1, 1]. Nothing where there
// are too few values to judge by, or none differs.
std::optional<double> agreement(const std::vector<double>& expected, std::span<const double> values) {
  if (values.size() < kFewestJudged) return std::nullopt;
  double sum = 0;
  double all = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double apart = values[i] - values[j];
      const double said = expected[i] - expected[j];
      all += std::abs(apart);
      if (said != 0) sum += (said > 0) == (apart > 0) ? std::abs(apart) : -std::abs(apart);
    }
  }
  return all > 0 ? std::optional(sum / all) : std::nullopt;
}

// s of values = a + s expected, with the prior N(1, kCarryDeviation^2) of s.
double carried(const std::vector<double>& expected, std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double mean_x = numeric::mean(expected);
  const double mean_y = numeric::mean(values);
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    xx += (expected[i] - mean_x) * (expected[i] - mean_x);
    xy += (expected[i] - mean_x) * (values[i] - mean_y);
    yy += (values[i] - mean_y) * (values[i] - mean_y);
  }
  if (values.size() < kFewestJudged || xx <= 0 || yy <= 0) return 1;
  const double residual = std::max(0.0, yy - xy * xy / xx) / (n - 2) + kResidualShare * yy / n;
  const double precision = 1 / (kCarryDeviation * kCarryDeviation);
  return std::clamp((precision + xy / residual) / (precision + xx / residual), 0.0, kMostCarried);
}

}  // namespace

struct PriorModel::Impl {
  explicit Impl(const Problem& given) : problem(&given), encoding(given.space, given.baseline) {}

  void choose_start_rows();

  const Problem* problem;
  Encoding encoding;
  std::vector<PriorSource> sources;
  std::vector<std::string> notes;
  std::vector<std::vector<double>> start_rows;
};

namespace {

class PriorMean : public MeanFunction {
 public:
  struct Part {
    const PriorSource* source;
    std::size_t output;
    double weight;  // of the process
  };
  // `keep` owns the sources.
  PriorMean(std::vector<Part> parts, double level, std::shared_ptr<const void> keep)
      : parts_(std::move(parts)), level_(level), keep_(std::move(keep)) {}

  std::vector<double> values(const Points& rows) const override {
    std::vector<double> sum(rows.rows(), level_);
    for (const Part& part : parts_) {
      const std::vector<double> means =
          part.source->output(part.output)->process.predict_means(part.source->features().of(rows));
      for (std::size_t i = 0; i < sum.size(); ++i)
        sum[i] += part.weight * means[i];
    }
    return sum;
  }

  double value_and_slopes(std::span<const double> row, std::span<double> slopes) const override {
    double sum = level_;
    for (const Part& part : parts_) {
      const Points one = part.source->features().of({row.size(), {row.begin(), row.end()}});
      const LocalMoments local = part.source->output(part.output)->process.predict_with_slopes(one.row(0));
      sum += part.weight * local.mean;
      part.source->features().add_slopes(local.mean_slope, part.weight, slopes);
    }
    return sum;
  }

 private:
  std::vector<Part> parts_;
  double level_;
  std::shared_ptr<const void> keep_;
};

}  // namespace

PriorModel PriorModel::learn(const Problem& problem, const std::vector<PriorStudy>& studies) {
  auto impl = std::make_shared<Impl>(problem);
  for (const PriorStudy& study : studies) {
    auto source = PriorSource::learn(problem, impl->encoding, study);
    impl->notes.push_back(source ? source->note() : source.error().message);
    if (source) impl->sources.push_back(*std::move(source));
  }
  impl->choose_start_rows();
  return PriorModel(std::move(impl));
}

PriorModel::PriorModel(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
PriorModel::PriorModel(PriorModel&&) noexcept = default;
PriorModel& PriorModel::operator=(PriorModel&&) noexcept = default;
PriorModel::~PriorModel() = default;

const std::vector<std::string>& PriorModel::notes() const {
  return impl_->notes;
}
const std::vector<std::vector<double>>& PriorModel::start_rows() const {
  return impl_->start_rows;
}
bool PriorModel::usable() const {
  return !impl_->sources.empty();
}
bool PriorModel::saw_crashes() const {
  const std::size_t at = impl_->problem->objective.slos().size() + 1;
  return std::ranges::any_of(impl_->sources, [&](const PriorSource& s) { return s.output(at) != nullptr; });
}

// In turn over the studies. A run outside the space is pulled onto its nearest point.
void PriorModel::Impl::choose_start_rows() {
  const StudyCandidates candidates(*problem, encoding);
  std::vector<double> anchor;
  if (!problem->baseline.empty()) {
    anchor = encoding.encode(problem->baseline);
  } else if (const auto one = model::find_satisfying(problem->space, 0)) {
    anchor = encoding.encode(*one);
  }
  if (anchor.empty()) return;
  std::set<std::vector<double>> seen;
  for (std::size_t i = 0; i < kStartRows; ++i) {
    for (const PriorSource& source : sources) {
      if (i >= source.best().size()) continue;
      std::vector<double> row = source.best()[i].row;
      bool known = true;
      for (std::size_t k = 0; k < row.size(); ++k) {
        known = known && (!encoding.categorical()[k] || row[k] >= 0);
        if (!encoding.categorical()[k]) row[k] = std::clamp(row[k], 0.0, 1.0);
      }
      if (!known) continue;
      const auto valid = candidates.valid(std::move(row), anchor);
      if (valid && seen.insert(*valid).second) start_rows.push_back(*valid);
    }
  }
}

PriorModel::Expectation PriorModel::expect(std::size_t output, const Points& points, std::span<const double> values,
                                           const OutputScale& scale) const {
  Expectation result;
  std::vector<PriorMean::Part> parts;
  std::vector<double> levels;
  double all = 0;
  for (const PriorSource& source : impl_->sources) {
    const PriorOutput* prior = source.output(output);
    if (prior == nullptr) continue;
    std::vector<double> expected = prior->process.predict_means(source.features().of(points));
    // Effects carry over in the output's own unit; where one study is on a logarithm and the other is not, in
    // deviations.
    const double size = prior->in_logs == scale.in_logs ? prior->unit / scale.unit : 1;
    for (double& one : expected)
      one *= size;
    const auto agrees = agreement(expected, values);
    if (agrees && *agrees <= 0) {
      result.dropped.push_back(fmt::format("the prior {} is not used: it does not order the {} trials so far",
                                           source.name(), values.size()));
      continue;
    }
    const double n = agrees ? static_cast<double>(values.size()) : 0;
    const double trust = (n * agrees.value_or(0) + kTrustTrials * kPriorTrust) / (n + kTrustTrials);
    const double share = trust * trust;
    const double carries = carried(expected, values);
    all += share;
    parts.push_back({&source, output, share * size * carries});
    // The goal's values have the mean 0 over the trials; the others have a zero that means something in every study.
    levels.push_back(share * (output == 0 ? -carries * numeric::mean(expected) : prior->centre / scale.unit));
  }
  if (parts.empty()) return result;
  double level = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    parts[p].weight /= all;
    level += levels[p] / all;
  }
  result.mean = std::make_shared<PriorMean>(std::move(parts), level, impl_);
  return result;
}

std::vector<double> PriorModel::promise(const Points& rows) const {
  constexpr double kBreach = 10;  // deviations of the goal for one unit beyond a bound: no breach is worth a goal
  std::vector<double> sum(rows.rows(), 0);
  for (const PriorSource& source : impl_->sources) {
    const Points points = source.features().of(rows);
    for (std::size_t at = 0; at < impl_->problem->objective.slos().size() + 2; ++at) {
      const PriorOutput* output = source.output(at);
      if (output == nullptr) continue;
      const std::vector<double> means = output->process.predict_means(points);
      const double bound = at == impl_->problem->objective.slos().size() + 1 ? 1 : 0;
      for (std::size_t i = 0; i < sum.size(); ++i)
        sum[i] += at == 0 ? means[i] : kBreach * std::max(0.0, output->centre + output->unit * means[i] - bound);
    }
  }
  return sum;
}

}  // namespace trimtab::optimizer
