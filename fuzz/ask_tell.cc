// Feeds lines to a session of the optimiser: whatever they hold, every one gets a reply, and what was accepted can be
// restored.
#include "optimizer/ask_tell.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "model/space_document.h"
#include "yaml/document.h"

namespace {

using namespace trimtab;

optimizer::AskTell session() {
  constexpr std::string_view kSpace = R"(apiVersion: trimtab.dev/v1
kind: Space
parameters:
  - {name: a, type: integer, min: 1, max: 8}
  - {name: b, type: categorical, values: [x, y]}
  - {name: c, type: real, min: 0, max: 1, when: b == "y"}
constraints: [a >= 2]
goal: {minimize: t}
slos: [p <= 5]
context: [{name: load, type: real}]
baseline: {a: 4, b: x}
)";
  const auto document = yaml::parse(kSpace, "space.yaml");
  CHECK(document.has_value());
  auto space = model::read_space_document(*document);
  CHECK(space.has_value());
  auto made = optimizer::AskTell::create({space->space, space->objective, {{"load", false}}, space->baseline}, {}, {});
  CHECK(made.has_value());
  return std::move(*made);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  optimizer::AskTell one = session();
  std::vector<std::string> records;
  for (int line = 0; line < 16 && !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string reply = one.handle(text.substr(0, end), [&](const std::string& record, bool) -> Result<void> {
      records.push_back(record);
      return {};
    });
    CHECK(reply.starts_with('{') && reply.find('\n') == std::string::npos);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  optimizer::AskTell other = session();
  for (const std::string& record : records)
    CHECK(other.restore(record).has_value());
  CHECK(other.tells() == one.tells());
  return 0;
}
