#include <algorithm>
#include <cmath>

#include "numeric/sobol.h"
#include "numeric/statistics.h"
#include "optimizer/study_model.h"
#include "optimizer/study_search.h"

namespace trimtab::optimizer {

// First-order Sobol indices of the posterior mean (Sobol 1993), from means over slices: for each parameter the variance
// of the mean with that parameter held, over the whole variance.
std::vector<Importance> importance(const Problem& problem, const StudySearchRequest& request) {
  std::vector<Importance> shares;
  const auto model = StudyModel::learn(problem, request, request.seed);
  const std::size_t d = problem.space.parameters().size();
  for (std::size_t k = 0; k < d; ++k)
    shares.push_back({problem.space.parameters()[k].name, 0});
  if (!model || !model->has_goal() || d == 0) return shares;
  constexpr std::size_t kPoints = 64;  // of the other parameters, the same for every slice
  constexpr std::size_t kSlices = 9;
  const std::vector<double> base = numeric::scrambled_sobol(kPoints, d, request.seed);
  const Encoding& encoding = model->encoding();
  const auto place = [&](std::size_t k, double u) {
    const auto levels = static_cast<double>(problem.space.parameters()[k].values.size());
    return encoding.categorical()[k] ? std::floor(u * levels) : u;
  };
  Points points{d, {}};
  for (std::size_t k = 0; k < d; ++k) {
    const std::size_t slices = encoding.categorical()[k] ? problem.space.parameters()[k].values.size() : kSlices;
    for (std::size_t slice = 0; slice < slices; ++slice) {
      for (std::size_t i = 0; i < kPoints; ++i) {
        std::vector<double> row(d);
        for (std::size_t j = 0; j < d; ++j)
          row[j] = place(j, base[i * d + j]);
        row[k] = place(k, (static_cast<double>(slice) + 0.5) / static_cast<double>(slices));
        encoding.canonicalise(row);
        points.add(row);
      }
    }
  }
  const std::vector<double> mean = model->believe(points).mean;
  const double total = numeric::variance(mean);
  double sum = 0;
  std::size_t next = 0;
  for (std::size_t k = 0; k < d && total > 1e-12; ++k) {
    const std::size_t slices = encoding.categorical()[k] ? problem.space.parameters()[k].values.size() : kSlices;
    std::vector<double> slice_means;
    for (std::size_t slice = 0; slice < slices; ++slice)
      slice_means.push_back(numeric::mean(std::span(mean).subspan(next + slice * kPoints, kPoints)));
    double varied = 0;  // by the parameter while all others are held: with its interactions
    for (std::size_t i = 0; i < kPoints; ++i) {
      std::vector<double> along;
      for (std::size_t slice = 0; slice < slices; ++slice)
        along.push_back(mean[next + slice * kPoints + i]);
      const double n = static_cast<double>(slices);
      varied += numeric::variance(along) * (n - 1) / n / static_cast<double>(kPoints);
    }
    next += slices * kPoints;
    const double centre = numeric::mean(slice_means);
    for (const double value : slice_means)
      shares[k].share += (value - centre) * (value - centre) / static_cast<double>(slices) / total;
    shares[k].interaction = std::max(0.0, varied / total - shares[k].share);
    sum += shares[k].share;
  }
  for (Importance& one : shares)
    one.share /= std::max(1.0, sum);
  return shares;
}

}  // namespace trimtab::optimizer
