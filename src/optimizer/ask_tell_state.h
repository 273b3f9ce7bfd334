// AskTellState: what was suggested and told so far, and what a request becomes a record of. Private to ask_tell.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "optimizer/encoding.h"
#include "optimizer/problem.h"
#include "optimizer/study_eras.h"

namespace trimtab::optimizer {

// A tell, read and completed: everything that takes effect.
struct Told {
  std::optional<std::size_t> asked;  // the suggestion it answers; none: a point that was not suggested
  model::Configuration configuration;
  model::Metrics metrics;  // context variables among them
  Context context;
  std::optional<std::string> failure;
};

class AskTellState {
 public:
  // `problem` must outlive it.
  AskTellState(const Problem& problem, StudyEras eras);

  // kNotFound, kConflict for an id that is unknown or was told; kInvalidInput with "tell...." as the field.
  [[nodiscard]] Result<Told> read_tell(const nlohmann::json& body) const;
  // The request's variables, completed with the latest known ones.
  [[nodiscard]] Context complete(Context given) const;
  void suggest(const std::vector<model::Configuration>& configurations, const Context& context, const ModelFit& fit);
  // True when it shows that measurements changed.
  bool tell(const Told& told);

  [[nodiscard]] nlohmann::json record_of(const std::vector<model::Configuration>& suggested, const Context& context,
                                         const ModelFit& fit) const;
  [[nodiscard]] nlohmann::json record_of(const Told& told) const;
  // Takes a record's effect. kDataLoss.
  [[nodiscard]] Result<void> restore(const nlohmann::json& record);

  // Of what was told and is still believed, with what is open as pending.
  [[nodiscard]] StudySearchRequest request(const Context& context) const;
  [[nodiscard]] const StudyEras& eras() const { return eras_; }
  // "t-7" of the suggestion or told point at an index.
  [[nodiscard]] static std::string id(std::size_t index) { return "t-" + std::to_string(index + 1); }
  [[nodiscard]] std::size_t next() const { return points_.size(); }
  [[nodiscard]] std::size_t open() const { return open_.size(); }
  [[nodiscard]] const Encoding& encoding() const { return encoding_; }

 private:
  struct Point {
    model::Configuration configuration;
    Context context;
  };
  [[nodiscard]] Result<std::size_t> index_of(const std::string& id) const;
  [[nodiscard]] Result<void> read_outcome(const nlohmann::json& body, Told& told) const;

  const Problem* problem_;
  Encoding encoding_;
  StudyEras eras_;
  std::vector<Point> points_;   // suggested or told, by number
  std::set<std::size_t> open_;  // suggested and not told
  Context latest_;
  ModelFit fit_;  // of the last suggestions
};

}  // namespace trimtab::optimizer
