// PriorSource: one prior study in the coordinates of a new one, with a Gaussian process for each output that it
// measured. Private to prior_model.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "optimizer/encoding.h"
#include "optimizer/gaussian_process.h"
#include "optimizer/prior_study.h"
#include "optimizer/problem.h"
#include "optimizer/slo_scale.h"

namespace trimtab::optimizer {

// Columns of a prior's process: the encoded row, then main effects; only of parameters that the prior study varied.
class PriorFeatures {
 public:
  PriorFeatures() = default;
  PriorFeatures(const Encoding& encoding, const std::vector<bool>& varied);

  [[nodiscard]] const Kernel& kernel() const { return kernel_; }
  // Of rows that begin with encoded ones.
  [[nodiscard]] Points of(const Points& rows) const;
  // Derivatives by the row's entries from those by the columns.
  void add_slopes(std::span<const double> columns, double weight, std::span<double> row) const;

 private:
  std::size_t size_ = 0;
  std::vector<bool> varied_;
  std::vector<bool> categorical_;
  std::vector<std::size_t> levels_;
  std::vector<std::size_t> main_;  // per parameter: the column of its main effect
  Kernel kernel_;
};

// One output of a prior study. y = centre + unit * process.
struct PriorOutput {
  GaussianProcess process;
  double centre = 0;
  double unit = 1;
  bool in_logs = false;
};

// All runs of one configuration.
struct PriorRun {
  std::vector<double> row;
  int count = 0;
  int failures = 0;
  std::vector<double> goals;              // means
  std::vector<std::vector<double>> slos;  // per SLO: every value
  bool placed = true;                     // whether it lies in the space: every value known and within its range
};

class PriorSource {
 public:
  // kInvalidInput when nothing in the study says anything about the problem.
  [[nodiscard]] static Result<PriorSource> learn(const Problem& problem, const Encoding& encoding,
                                                 const PriorStudy& study);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& note() const { return note_; }
  [[nodiscard]] const PriorFeatures& features() const { return features_; }
  // Outputs as in PriorModel::expect; nullptr where the study did not measure it.
  [[nodiscard]] const PriorOutput* output(std::size_t at) const;
  // The runs, best first by the process: those that held every SLO and did not fail.
  [[nodiscard]] const std::vector<PriorRun>& best() const { return best_; }

  // What one output is learned from.
  struct Values {
    Points rows;
    std::vector<double> values;
    std::vector<double> counts;
  };

 private:
  PriorSource() = default;
  [[nodiscard]] Result<void> learn_output(std::size_t at, Values data, bool in_logs, std::optional<double> noise);
  [[nodiscard]] Result<void> learn_outputs(const Problem& problem, const std::vector<PriorRun>& runs);
  void rank(const Problem& problem, std::vector<PriorRun> runs);

  std::string name_;
  std::string note_;
  PriorFeatures features_;
  std::vector<std::optional<PriorOutput>> outputs_;
  std::vector<PriorRun> best_;
};

}  // namespace trimtab::optimizer
