#include "kubernetes/ownership.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

namespace trimtab::kubernetes {
namespace {

using Json = nlohmann::json;

std::string text_at(const Json& object, const char* group, const char* name) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return {};
  const auto found = metadata->find(group);
  if (found == metadata->end() || !found->is_object()) return {};
  const auto value = found->find(name);
  return value != found->end() && value->is_string() ? value->get<std::string>() : std::string();
}

const Json* at(const Json* object, const char* name) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(name);
  return found == object->end() ? nullptr : &*found;
}

bool owns(const Json* containers, const std::vector<std::string>& fields) {
  if (containers == nullptr || !containers->is_object()) return false;
  for (const auto& [key, container] : containers->items()) {
    for (const std::string& field : fields) {
      if (at(&container, ("f:" + field).c_str()) != nullptr) return true;
    }
  }
  return false;
}

}  // namespace

GitOwner git_owner(const Json& object) {
  if (!object.is_object()) return {};
  // "shop:apps/Deployment:shop/cart"
  if (const auto id = text_at(object, "annotations", "argocd.argoproj.io/tracking-id"); !id.empty()) {
    return {"Argo CD", id.substr(0, id.find(':'))};
  }
  if (const auto name = text_at(object, "labels", "argocd.argoproj.io/instance"); !name.empty()) {
    return {"Argo CD", name};
  }
  for (const char* label : {"kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name"}) {
    if (const auto name = text_at(object, "labels", label); !name.empty()) return {"Flux", name};
  }
  if (const auto name = text_at(object, "annotations", "meta.helm.sh/release-name"); !name.empty()) {
    return {"Helm", name};
  }
  return {};
}

std::vector<std::string> other_managers(const Json& object, const std::string& own,
                                        const std::vector<std::string>& fields) {
  std::set<std::string> names;
  const Json* entries = at(at(&object, "metadata"), "managedFields");
  if (entries == nullptr || !entries->is_array()) return {};
  for (const Json& entry : *entries) {
    const std::string name = entry.is_object() ? entry.value("manager", std::string()) : std::string();
    if (name.empty() || name == own) continue;
    const Json* spec = at(at(&entry, "fieldsV1"), "f:spec");
    const Json* templated = at(at(at(spec, "f:template"), "f:spec"), "f:containers");
    if (owns(templated, fields) || owns(at(spec, "f:containers"), fields)) names.insert(name);
  }
  return {names.begin(), names.end()};
}

}  // namespace trimtab::kubernetes
