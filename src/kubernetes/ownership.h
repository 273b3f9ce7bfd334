// Which tool keeps an object as it is: a change by hand would be undone by it, or fight with it.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace trimtab::kubernetes {

struct GitOwner {
  std::string tool;  // "Argo CD", "Flux", "Helm"; empty: none is known
  std::string name;  // of its application, kustomization or release
  // Argo CD and Flux put their own values back; Helm only when somebody upgrades the release.
  [[nodiscard]] bool reverts() const { return tool == "Argo CD" || tool == "Flux"; }
  [[nodiscard]] std::string text() const { return tool.empty() ? std::string() : tool + " " + name; }
};

// From the labels and annotations that the tools set.
[[nodiscard]] GitOwner git_owner(const nlohmann::json& object);

// The managers of metadata.managedFields, other than `own`, that own any field of spec.template.spec.containers or of
// spec.containers whose name is one of `fields` ("resources", "env", "command", "args"). Sorted, each once.
[[nodiscard]] std::vector<std::string> other_managers(const nlohmann::json& object, const std::string& own,
                                                      const std::vector<std::string>& fields);

}  // namespace trimtab::kubernetes
