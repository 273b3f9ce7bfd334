// Document: a YAML text read into a tree whose every node knows its place (file, line, column), on libyaml's parser.
//
// Limits: 4 MiB of text, nesting 64, 100,000 nodes after alias expansion. Duplicate keys, non-text keys and several
// documents where one is expected are errors. Merge keys ("<<") are refused: what a document says should stand in it.
// Documents are immutable values; copies are deep. Thread safe for reading.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace trimtab::yaml {

enum class Kind { kScalar, kSequence, kMapping };

struct Node {
  // Not defaulted here: what that needs, a pair that holds a Node, is not complete yet.
  Node();

  Kind kind = Kind::kScalar;
  std::string text;         // scalar
  bool quoted = false;      // scalar written with quotes or as a block: never a number, boolean or null
  std::vector<Node> items;  // sequence
  std::vector<std::pair<std::string, Node>> entries;  // mapping, in the order of the text
  std::vector<SourcePosition> key_positions;          // mapping: where each key stands
  SourcePosition position;

  [[nodiscard]] const Node* find(std::string_view key) const;
  // An unquoted empty scalar, "~" or "null".
  [[nodiscard]] bool is_null() const;
};

struct Document {
  std::string file;  // name for messages
  Node root;
};

// Errors: kInvalidInput with position; kExhausted beyond a limit.
[[nodiscard]] Result<Document> parse(std::string_view text, std::string file);
// Every document of a stream separated by "---".
[[nodiscard]] Result<std::vector<Document>> parse_all(std::string_view text, std::string file);

}  // namespace trimtab::yaml
