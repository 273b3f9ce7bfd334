#include "api/rest.h"

#include "api/page.h"
#include "api/rest_route.h"

namespace trimtab::api {

net::Router make_router(RestOptions options) {
  net::Router router;
  Routes routes(router, std::make_shared<RestContext>(std::move(options)));
  add_system_routes(routes);
  add_application_routes(routes);
  add_recommendation_routes(routes);
  add_study_routes(routes);
  add_event_routes(routes);
  routes.fallback([](RestContext& context, const net::Request& request) {
    static const std::vector<Asset> kNoAssets;
    return page_response(context.options.assets == nullptr ? kNoAssets : *context.options.assets, request);
  });
  return router;
}

}  // namespace trimtab::api
