#include <nlohmann/json.hpp>

#include "api/rest_route.h"
#include "base/log.h"
#include "engine/study_json.h"

namespace trimtab::api {
namespace {

bool has_studies(const RestOptions& options) {
  return options.studies != nullptr && options.packs != nullptr;
}

Result<net::Response> list(RestContext& context, const net::Request&) {
  const auto& options = context.options;
  auto result = nlohmann::json::array();
  if (!has_studies(options)) return json_response({{"studies", std::move(result)}});
  TRY_ASSIGN(const auto studies, options.studies->studies());
  for (const auto& study : studies) {
    TRY_ASSIGN(const auto trials, options.studies->trials(study.name));
    auto summary = engine::study_summary_json(study, trials, *options.packs, options.clock.now());
    if (summary) {
      result.push_back(std::move(*summary));
    } else {
      // One that cannot be read (a newer version wrote it) must not hide the others.
      log::warning("study.unreadable", {{"study", study.name}, {"reason", summary.error().to_string()}});
    }
  }
  return json_response({{"studies", std::move(result)}});
}

Result<net::Response> show(RestContext& context, const net::Request& request) {
  const auto& options = context.options;
  const auto& name = path_part(request, "name");
  if (!has_studies(options)) return fail(not_found("there is no study \"" + name + "\""));
  TRY_ASSIGN(const auto study, options.studies->study(name));
  TRY_ASSIGN(const auto trials, options.studies->trials(name));
  TRY_ASSIGN(const auto detail, engine::study_detail_json(study, trials, *options.packs, options.clock.now()));
  return json_response(detail);
}

}  // namespace

void add_study_routes(Routes& routes) {
  routes.get("/api/v1/studies", list);
  routes.get("/api/v1/studies/:name", show);
}

}  // namespace trimtab::api
