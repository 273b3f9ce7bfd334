#include "model/recommendation_json.h"

#include "model/recommendation_describe.h"

namespace trimtab::model {

const EnumNames<RecommendationState>& recommendation_state_names() {
  static const EnumNames<RecommendationState> names = [] {
    using State = RecommendationState;
    EnumNames<State> made;
    for (const State state :
         {State::kProposed, State::kApproved, State::kRejected, State::kExpired, State::kSuperseded, State::kApplying,
          State::kVerifying, State::kRollingBack, State::kKept, State::kRolledBack, State::kFailed}) {
      made.emplace_back(state, to_string(state));
    }
    return made;
  }();
  return names;
}

nlohmann::json to_json(const Configuration& configuration) {
  return JsonWriter::write(configuration);
}

Result<Configuration> configuration_from_json(const nlohmann::json& json) {
  return JsonReader::read<Configuration>(json, "configuration");
}

nlohmann::json to_json(const Recommendation& recommendation) {
  return write_versioned(recommendation);
}

Result<Recommendation> recommendation_from_json(const nlohmann::json& json) {
  return read_versioned<Recommendation>(json);
}

nlohmann::json to_json(const Observation& observation) {
  return write_versioned(observation);
}

Result<Observation> observation_from_json(const nlohmann::json& json) {
  return read_versioned<Observation>(json);
}

}  // namespace trimtab::model
