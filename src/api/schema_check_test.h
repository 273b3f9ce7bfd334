// For the tests of this room: checks JSON values against the schemas of the OpenAPI document. Knows the parts of JSON
// Schema that the document uses; members that a schema does not name are faults.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace trimtab::api {

class SchemaCheck {
 public:
  explicit SchemaCheck(nlohmann::json document) : document_(std::move(document)) {}

  // Faults with their paths; empty when the value is as described.
  [[nodiscard]] std::vector<std::string> faults(const nlohmann::json& value, const nlohmann::json& schema) const;
  // The schema of the answer of that operation ("get", "/api/v1/version", "200"); null when there is none.
  [[nodiscard]] nlohmann::json answer_schema(const std::string& method, const std::string& path,
                                             const std::string& status) const;
  // Members of an object schema with its references and parts resolved.
  [[nodiscard]] nlohmann::json members(const nlohmann::json& schema) const;
  [[nodiscard]] const nlohmann::json& document() const { return document_; }

 private:
  void check(const nlohmann::json& value, const nlohmann::json& schema, const std::string& path,
             std::vector<std::string>& found) const;
  void check_object(const nlohmann::json& value, const nlohmann::json& schema, const std::string& path,
                    std::vector<std::string>& found) const;
  // Follows $ref and joins allOf.
  [[nodiscard]] nlohmann::json resolve(const nlohmann::json& schema) const;

  nlohmann::json document_;
};

}  // namespace trimtab::api
