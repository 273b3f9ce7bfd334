// Stack: the components of an application as one process: what a configuration turns into (flags, arguments, limits),
// and which configuration a live process shows. Immutable; thread safe.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/application.h"
#include "packs/pack.h"

namespace trimtab::platform {

class Stack {
 public:
  // Copies what it needs. kInvalidInput: a component's pack is unknown.
  [[nodiscard]] static Result<Stack> create(const model::Application& application, const packs::PackLibrary& packs);

  // Of all components together. kInvalidInput: a parameter of no component or without a rendering.
  [[nodiscard]] Result<packs::Rendered> render(const model::Configuration& configuration) const;
  // Only parameters of the application's space; what is not found is absent.
  [[nodiscard]] model::Configuration recognise(const std::vector<std::string>& command_line,
                                               const std::map<std::string, std::string>& environment,
                                               const std::map<std::string, double>& limits) const;
  // Where a word of a command line belongs when it gives a parameter of the space: kFlag or kArgument; else kNone.
  [[nodiscard]] packs::Rendering::Place place_of(std::string_view word) const;
  // The first parameter of the space that is written there; empty when there is none.
  [[nodiscard]] std::string first_written_at(packs::Rendering::Place place) const;
  // The part of a configuration that an autoscaler carries, or (false) the part that it does not.
  [[nodiscard]] model::Configuration part(const model::Configuration& configuration, bool autoscaler) const;
  [[nodiscard]] bool has_autoscaler() const { return !autoscaled_.empty(); }
  // Whether all these parameters can change without a restart.
  [[nodiscard]] bool change_live(const std::vector<std::string>& parameters) const;

 private:
  struct Part {
    std::string prefix;  // "jvm."
    packs::Pack pack;
  };
  std::vector<Part> parts_;
  std::map<std::string, model::ChangeEffect, std::less<>> effects_;  // of every parameter of the space
  std::set<std::string, std::less<>> autoscaled_;                    // those of the space that an autoscaler carries
};

}  // namespace trimtab::platform
