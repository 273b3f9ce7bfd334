#include "insight/load_context.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

namespace trimtab::insight {
namespace {

constexpr std::size_t kMostContexts = 5;  // there are five names, and nobody reads more
constexpr std::size_t kLeastLoads = 8;
constexpr double kLeastSeparation = 1.35;  // neighbouring centres; load noise of 10 % must not make a regime
constexpr double kLeastShare = 0.05;

struct Cluster {
  std::size_t first = 0;  // in the sorted loads
  std::size_t last = 0;   // inclusive
  double centre = 0;      // of the logarithms
};

// Exact one-dimensional k-means by dynamic programming over prefix sums; `sorted` holds logarithms.
class Partition {
 public:
  explicit Partition(const std::vector<double>& sorted) : sum_(sorted.size() + 1), square_(sorted.size() + 1) {
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      sum_[i + 1] = sum_[i] + sorted[i];
      square_[i + 1] = square_[i] + sorted[i] * sorted[i];
    }
    const std::size_t n = sorted.size();
    cost_.assign(kMostContexts + 1, std::vector<double>(n + 1, std::numeric_limits<double>::infinity()));
    cut_.assign(kMostContexts + 1, std::vector<std::size_t>(n + 1, 0));
    cost_[0][0] = 0;
    for (std::size_t k = 1; k <= kMostContexts; ++k) {
      for (std::size_t end = k; end <= n; ++end) {
        for (std::size_t begin = k - 1; begin < end; ++begin) {
          const double candidate = cost_[k - 1][begin] + within(begin, end);
          if (candidate < cost_[k][end]) cost_[k][end] = candidate, cut_[k][end] = begin;
        }
      }
    }
  }

  [[nodiscard]] std::vector<Cluster> clusters(std::size_t k) const {
    std::vector<Cluster> found(k);
    std::size_t end = sum_.size() - 1;
    for (std::size_t i = k; i > 0; --i) {
      const std::size_t begin = cut_[i][end];
      found[i - 1] = {begin, end - 1, (sum_[end] - sum_[begin]) / static_cast<double>(end - begin)};
      end = begin;
    }
    return found;
  }

 private:
  [[nodiscard]] double within(std::size_t begin, std::size_t end) const {
    const double n = static_cast<double>(end - begin);
    const double sum = sum_[end] - sum_[begin];
    return std::max(0.0, square_[end] - square_[begin] - sum * sum / n);
  }

  std::vector<double> sum_;
  std::vector<double> square_;
  std::vector<std::vector<double>> cost_;
  std::vector<std::vector<std::size_t>> cut_;
};

bool well_separated(const std::vector<Cluster>& clusters, std::size_t n) {
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    const double share = static_cast<double>(clusters[i].last - clusters[i].first + 1) / static_cast<double>(n);
    if (share < kLeastShare) return false;
    if (i > 0 && clusters[i].centre - clusters[i - 1].centre < std::log(kLeastSeparation)) return false;
  }
  return true;
}

std::string_view name_of(std::size_t index, std::size_t count) {
  static constexpr std::array<std::array<std::string_view, 5>, 5> kNames{{
      {"medium"},
      {"valley", "peak"},
      {"valley", "medium", "peak"},
      {"valley", "low", "high", "peak"},
      {"valley", "low", "medium", "high", "peak"},
  }};
  return kNames.at(count - 1).at(index);
}

// Gives every context the id of the nearest earlier one, each id once, and new ids to the rest.
void keep_ids(std::vector<LoadContext>& contexts, const std::vector<LoadContext>& previous) {
  struct Pair {
    double distance;
    std::size_t now;
    std::size_t before;
  };
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    for (std::size_t j = 0; j < previous.size(); ++j) {
      const double distance = std::abs(std::log1p(contexts[i].centre) - std::log1p(previous[j].centre));
      if (distance <= std::log(kLeastSeparation)) pairs.push_back({distance, i, j});
    }
  }
  std::ranges::sort(pairs, {}, &Pair::distance);
  std::set<std::string> used;
  for (const Pair& pair : pairs) {
    if (contexts[pair.now].id.empty() && used.insert(previous[pair.before].id).second) {
      contexts[pair.now].id = previous[pair.before].id;
    }
  }
  for (const LoadContext& old : previous)
    used.insert(old.id);
  int next = 1;
  for (LoadContext& context : contexts) {
    while (context.id.empty()) {
      std::string candidate = fmt::format("c{}", next++);
      if (used.insert(candidate).second) context.id = std::move(candidate);
    }
  }
}

}  // namespace

std::vector<LoadContext> recognise_contexts(const LoadHistory& history, const std::vector<LoadContext>& previous) {
  std::vector<double> loads;
  for (const double load : history.highest) {
    if (load >= 0) loads.push_back(std::log1p(load));
  }
  if (loads.size() < kLeastLoads) return previous;
  std::ranges::sort(loads);
  const Partition partition(loads);
  std::vector<Cluster> clusters = partition.clusters(1);
  for (std::size_t k = kMostContexts; k > 1; --k) {
    std::vector<Cluster> candidate = partition.clusters(k);
    if (well_separated(candidate, loads.size())) {
      clusters = std::move(candidate);
      break;
    }
  }
  std::vector<LoadContext> contexts;
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    const int windows = static_cast<int>(clusters[i].last - clusters[i].first + 1);
    contexts.push_back({"", std::string(name_of(i, clusters.size())), std::expm1(loads[clusters[i].first]),
                        std::expm1(loads[clusters[i].last]), std::expm1(clusters[i].centre), windows,
                        static_cast<double>(windows) / static_cast<double>(loads.size())});
  }
  keep_ids(contexts, previous);
  return contexts;
}

const LoadContext* context_of(const std::vector<LoadContext>& contexts, double load) {
  const LoadContext* nearest = nullptr;
  double best = std::numeric_limits<double>::infinity();
  for (const LoadContext& context : contexts) {
    const double x = std::log1p(std::max(0.0, load));
    const double distance = std::max({0.0, std::log1p(context.low) - x, x - std::log1p(context.high)});
    if (distance < best) best = distance, nearest = &context;
  }
  return nearest;
}

}  // namespace trimtab::insight
