// Feeds bytes to the reader of YAML texts. Every node must know its place in the text.
#include <algorithm>
#include <cstdlib>

#include "yaml/document.h"

namespace {

using namespace trimtab;

void must(bool holds) {
  if (!holds) std::abort();
}

void visit(const yaml::Node& node, int lines) {
  must(node.position.line >= 1 && node.position.line <= lines);
  for (const auto& item : node.items)
    visit(item, lines);
  must(node.entries.size() == node.key_positions.size());
  for (const auto& [key, value] : node.entries) {
    must(node.find(key) == &value);
    visit(value, lines);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto document = yaml::parse(text, "fuzz.yaml");
  // YAML breaks lines at more characters than '\n'; none of them is shorter than a byte.
  if (document) visit(document->root, static_cast<int>(size) + 2);
  if (!document) must(!document.error().message.empty());
  const auto documents = yaml::parse_all(text, "fuzz.yaml");
  must(!document || documents.has_value());
  return 0;
}
