#include "packs/import_writer.h"

#include <cctype>

namespace trimtab::packs {

using yaml::Kind;
using yaml::Node;

std::string text_of(const Node& node, std::string_view field, std::string fallback) {
  const Node* found = node.find(field);
  return found != nullptr && found->kind == Kind::kScalar ? found->text : fallback;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

std::string name_of(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool good = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
    name += good ? c : '_';
  }
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0) name.insert(0, "p_");
  return name;
}

}  // namespace trimtab::packs
