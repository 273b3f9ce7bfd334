// The OpenAPI 3.1 document of the REST surface: src/api/openapi.json, embedded by the build.
#pragma once

#include <string_view>

namespace trimtab::api {

[[nodiscard]] std::string_view openapi_document();

}  // namespace trimtab::api
