#include "yaml/document.h"

#include <map>
#include <memory>

#include <fmt/format.h>
#include <yaml.h>

namespace trimtab::yaml {
namespace {

constexpr std::size_t kMaximumBytes = 4 * 1024 * 1024;
constexpr int kMaximumDepth = 64;
constexpr std::size_t kMaximumNodes = 100'000;  // stops "billion laughs" alias bombs

class EventStream {
 public:
  explicit EventStream(std::string_view text) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~EventStream() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  bool next() {
    yaml_event_delete(&event_);
    return yaml_parser_parse(&parser_, &event_) != 0;
  }
  [[nodiscard]] const yaml_event_t& event() const { return event_; }
  [[nodiscard]] const yaml_parser_t& parser() const { return parser_; }

 private:
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

const char* chars(const unsigned char* text) {
  return reinterpret_cast<const char*>(text);
}

class Builder {
 public:
  Builder(std::string_view text, std::string file) : stream_(text), file_(std::move(file)) {}

  Result<std::vector<Document>> documents() {
    std::vector<Document> result;
    TRY(next());  // stream start
    TRY(next());
    while (stream_.event().type == YAML_DOCUMENT_START_EVENT) {
      anchors_.clear();
      TRY(next());
      Document document{file_, {}};
      TRY_ASSIGN(document.root, node(0));
      TRY(next());  // document end
      TRY(next());
      result.push_back(std::move(document));
    }
    return result;
  }

 private:
  SourcePosition place(const yaml_mark_t& mark) const {
    return {file_, static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1};
  }

  Error error(const SourcePosition& at, std::string what, std::string hint = {}) const {
    Error result = invalid_input(std::move(what), {}, std::move(hint));
    result.position = at;
    return result;
  }

  Result<void> next() {
    if (stream_.next()) return {};
    const auto& parser = stream_.parser();
    const bool marked = parser.error == YAML_SCANNER_ERROR || parser.error == YAML_PARSER_ERROR;
    return fail(error(marked ? place(parser.problem_mark) : SourcePosition{file_, 0, 0},
                      fmt::format("not valid YAML: {}", parser.problem == nullptr ? "unreadable" : parser.problem)));
  }

  // Reads the node that the current event starts; leaves the stream at its last event.
  Result<Node> node(int depth) {
    const auto& event = stream_.event();
    const SourcePosition at = place(event.start_mark);
    if (depth > kMaximumDepth) return fail(limit(at, "nested deeper than 64"));
    if (++nodes_ > kMaximumNodes) return fail(limit(at, "more than 100,000 nodes"));
    switch (event.type) {
      case YAML_SCALAR_EVENT:
        return scalar(at);
      case YAML_SEQUENCE_START_EVENT:
        return sequence(at, depth);
      case YAML_MAPPING_START_EVENT:
        return mapping(at, depth);
      case YAML_ALIAS_EVENT:
        return alias(at);
      default:
        return fail(error(at, "not valid YAML: a value is missing"));
    }
  }

  Error limit(const SourcePosition& at, const char* what) const {
    Error result = exhausted(fmt::format("the document is {}", what));
    result.position = at;
    return result;
  }

  Result<Node> scalar(const SourcePosition& at) {
    const auto& data = stream_.event().data.scalar;
    Node result;
    result.text.assign(chars(data.value), data.length);
    result.quoted = data.style != YAML_PLAIN_SCALAR_STYLE;
    result.position = at;
    remember(data.anchor, result);
    return result;
  }

  Result<Node> sequence(const SourcePosition& at, int depth) {
    const std::string anchor = name(stream_.event().data.sequence_start.anchor);
    Node result;
    result.kind = Kind::kSequence;
    result.position = at;
    TRY(next());
    while (stream_.event().type != YAML_SEQUENCE_END_EVENT) {
      TRY_ASSIGN(Node item, node(depth + 1));
      result.items.push_back(std::move(item));
      TRY(next());
    }
    remember(anchor, result);
    return result;
  }

  Result<Node> mapping(const SourcePosition& at, int depth) {
    const std::string anchor = name(stream_.event().data.mapping_start.anchor);
    Node result;
    result.kind = Kind::kMapping;
    result.position = at;
    TRY(next());
    while (stream_.event().type != YAML_MAPPING_END_EVENT) {
      const SourcePosition key_at = place(stream_.event().start_mark);
      if (stream_.event().type != YAML_SCALAR_EVENT) return fail(error(key_at, "a key must be a plain text"));
      TRY_ASSIGN(const Node key, scalar(key_at));
      if (key.text == "<<" && !key.quoted) {
        return fail(error(key_at, "merge keys are not supported", "write the fields out"));
      }
      for (std::size_t i = 0; i < result.entries.size(); ++i) {
        if (result.entries[i].first != key.text) continue;
        return fail(
            error(key_at,
                  fmt::format("the key \"{}\" stands twice, first on line {}", key.text, result.key_positions[i].line),
                  "remove one"));
      }
      TRY(next());
      TRY_ASSIGN(Node value, node(depth + 1));
      result.key_positions.push_back(key_at);
      result.entries.emplace_back(key.text, std::move(value));
      TRY(next());
    }
    remember(anchor, result);
    return result;
  }

  Result<Node> alias(const SourcePosition& at) {
    const std::string anchor = name(stream_.event().data.alias.anchor);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) return fail(error(at, fmt::format("unknown anchor \"{}\"", anchor)));
    nodes_ += count(found->second);
    if (nodes_ > kMaximumNodes) return fail(limit(at, "larger than 100,000 nodes after its aliases"));
    return found->second;
  }

  static std::string name(const unsigned char* anchor) { return anchor == nullptr ? "" : chars(anchor); }
  void remember(const unsigned char* anchor, const Node& value) { remember(name(anchor), value); }
  void remember(const std::string& anchor, const Node& value) {
    if (!anchor.empty()) anchors_.insert_or_assign(anchor, value);
  }
  static std::size_t count(const Node& value) {
    std::size_t total = 1;
    for (const auto& item : value.items)
      total += count(item);
    for (const auto& entry : value.entries)
      total += count(entry.second);
    return total;
  }

  EventStream stream_;
  std::string file_;
  std::map<std::string, Node> anchors_;
  std::size_t nodes_ = 0;
};

}  // namespace

Node::Node() = default;

const Node* Node::find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name == key) return &value;
  }
  return nullptr;
}

bool Node::is_null() const {
  return kind == Kind::kScalar && !quoted && (text.empty() || text == "~" || text == "null");
}

Result<std::vector<Document>> parse_all(std::string_view text, std::string file) {
  if (text.size() > kMaximumBytes) {
    Error error = exhausted("the document is larger than 4 MiB");
    error.position.file = file;
    return fail(std::move(error));
  }
  return Builder(text, std::move(file)).documents();
}

Result<Document> parse(std::string_view text, std::string file) {
  TRY_ASSIGN(auto documents, parse_all(text, file));
  if (documents.size() != 1) {
    Error error =
        invalid_input(documents.empty() ? "the document is empty" : "several documents where one is expected");
    error.position.file = std::move(file);
    return fail(std::move(error));
  }
  return std::move(documents.front());
}

}  // namespace trimtab::yaml
