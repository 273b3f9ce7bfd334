#include <algorithm>

#include "packs/pack.h"

namespace trimtab::packs {
namespace {

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// "registry/bitnami/postgresql-ha:16@sha256:..." -> postgresql, ha
std::vector<std::string> name_parts(std::string_view image) {
  image = base_name(image.substr(0, image.find('@')));
  image = image.substr(0, image.find(':'));
  std::vector<std::string> parts(1);
  for (const char c : image) {
    if (c == '-' || c == '_' || c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool is_variable(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return pattern == name;
  pattern.remove_suffix(1);
  return name.starts_with(pattern);
}

bool finds(const PackDetection& detection, const TechnologyTraces& traces) {
  const auto& words = traces.command_line;
  if (!words.empty() && std::ranges::find(detection.programs, base_name(words[0])) != detection.programs.end()) {
    return true;
  }
  for (const auto& part : name_parts(traces.image)) {
    if (!part.empty() && std::ranges::find(detection.images, part) != detection.images.end()) return true;
  }
  for (const auto& [name, value] : traces.environment) {
    for (const auto& pattern : detection.variables) {
      if (is_variable(pattern, name)) return true;
    }
  }
  for (const auto& word : words) {
    for (const auto& text : detection.arguments) {
      if (word.find(text) != std::string::npos) return true;
    }
  }
  return std::ranges::any_of(traces.metrics, [&](const std::string& metric) {
    return std::ranges::any_of(detection.metrics, [&](const std::string& start) { return metric.starts_with(start); });
  });
}

}  // namespace

std::vector<std::string> technologies_of(const PackLibrary& library, const TechnologyTraces& traces) {
  std::vector<std::string> names;
  for (const Pack* pack : library.all()) {
    if (finds(pack->detection, traces)) names.push_back(pack->name);
  }
  return names;
}

}  // namespace trimtab::packs
