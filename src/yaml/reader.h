// Reader: strict, path-aware decoding of a mapping. Every fault is collected with its place and field path, so that a
// document with three mistakes reports three; unknown fields are faults, with the nearest known name as hint.
//
//   Faults faults;
//   MappingReader reader(document.root, "", faults);
//   const std::string name = reader.text("name");          // required: a fault when absent
//   const auto window = reader.duration("window", 60s);    // with a default: optional
//   reader.finish();                                       // unknown fields become faults
//   TRY(faults.result());
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "yaml/document.h"

namespace trimtab::yaml {

// The faults found so far. Not thread safe.
class Faults {
 public:
  void add(const SourcePosition& at, std::string field, std::string what, std::string hint = {});
  void add(Error error, const SourcePosition& at, const std::string& field);
  [[nodiscard]] const std::vector<Error>& all() const { return errors_; }
  [[nodiscard]] bool empty() const { return errors_.empty(); }
  // ok when there are none, else the first, its message followed by the number of further ones.
  [[nodiscard]] Result<void> result() const;

 private:
  std::vector<Error> errors_;
};

class MappingReader {
 public:
  // `node` and `faults` outlive the reader. A node that is not a mapping is one fault; all reads then give defaults.
  MappingReader(const Node& node, std::string path, Faults& faults);

  // Required fields: absent or ill-typed is a fault and gives a neutral value.
  std::string text(std::string_view name);
  double number(std::string_view name);
  Duration duration(std::string_view name);
  // Optional fields: the fallback when absent; ill-typed is a fault.
  std::string text(std::string_view name, std::string fallback);
  double number(std::string_view name, double fallback);
  int integer(std::string_view name, int fallback, int least, int most);
  bool boolean(std::string_view name, bool fallback);
  Duration duration(std::string_view name, Duration fallback);
  std::optional<double> optional_number(std::string_view name);
  // One of `choices`; `fallback` empty: required.
  std::string choice(std::string_view name, const std::vector<std::string>& choices, std::string fallback = {});
  std::vector<std::string> text_list(std::string_view name);  // absent: empty

  // The raw node, or nullptr when absent. Marks the field as known.
  const Node* take(std::string_view name);
  const Node* take_required(std::string_view name);
  // Calls `each` for every item of the sequence with its path "name[i]"; absent: nothing.
  void each(std::string_view name, const std::function<void(const Node& item, const std::string& path)>& visit);
  // Calls `visit` for every entry of the mapping.
  void each_entry(std::string_view name,
                  const std::function<void(const std::string& key, const Node& value, const std::string& path)>& visit);

  void fault(std::string_view name, std::string what, std::string hint = {});
  void finish();

  [[nodiscard]] std::string path_of(std::string_view name) const;
  [[nodiscard]] const SourcePosition& position() const { return node_.position; }
  [[nodiscard]] Faults& faults() const { return faults_; }

 private:
  const Node& node_;
  std::string path_;
  Faults& faults_;
  std::vector<std::string> known_;
};

// Typed scalars. Errors carry no position; Faults::add gives them one.
[[nodiscard]] Result<double> scalar_number(const Node& node);
[[nodiscard]] Result<std::string> scalar_text(const Node& node);

// Checks `apiVersion: trimtab.dev/v1` and `kind:`; a fault otherwise.
void expect_kind(MappingReader& reader, std::string_view kind);

}  // namespace trimtab::yaml
