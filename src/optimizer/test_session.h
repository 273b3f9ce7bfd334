// Sessions of the ask-and-tell protocol for tests: a space in text, requests and replies as JSON.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "model/space_document.h"
#include "optimizer/ask_tell.h"
#include "yaml/document.h"

namespace trimtab::optimizer::test {

using nlohmann::json;

inline Problem problem_of(const std::string& text) {
  const auto document = yaml::parse("apiVersion: trimtab.dev/v1\nkind: Space\n" + text, "space.yaml");
  CHECK(document.has_value());
  auto space = model::read_space_document(*document);
  CHECK(space.has_value());
  Problem problem{std::move(space->space), std::move(space->objective), {}, std::move(space->baseline)};
  for (const auto& variable : space->context)
    problem.context.push_back({variable.name, variable.log_scale});
  return problem;
}

inline AskTell session(const std::string& space, const AskTellOptions& options = {}) {
  auto made = AskTell::create(problem_of(space), {}, options);
  CHECK(made.has_value());
  return std::move(*made);
}

inline json reply(AskTell& session, const std::string& line) {
  return json::parse(session.handle(line));
}

inline std::string code(const json& reply) {
  return reply.contains("error") ? reply["error"]["code"].get<std::string>() : "none";
}

inline std::string field(const json& reply) {
  return reply["error"]["field"].get<std::string>();
}

}  // namespace trimtab::optimizer::test
