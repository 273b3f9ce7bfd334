// Store: what Trimtab decides and remembers: applications, journal, recommendations, observations, audit, studies.
// Metrics stay where they are. One writer per application at a time is the caller's duty. Thread safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/live_engine.h"

namespace trimtab::engine {

struct StoredApplication {
  std::string name;
  std::string document;  // source text
  Instant enrolled;
  std::optional<LiveApplicationState> state;  // observations included
};

struct JournaledCommand {
  std::string application;
  Command command;
  Instant at;
};

struct RecommendationFilter {
  std::string application;  // empty: all
  std::optional<model::RecommendationState> state;
  int limit = 100;
  std::string before;  // id: page further back
};

struct AuditFilter {
  std::string application;
  std::string subject;
  int limit = 200;
  std::int64_t before = 0;  // sequence number; 0: newest
};

struct StoredAudit {
  std::int64_t sequence = 0;
  std::string application;
  AuditEntry entry;
};

class Store {
 public:
  virtual ~Store() = default;

  [[nodiscard]] virtual Result<void> put_application(const std::string& name, const std::string& document,
                                                     Instant at) = 0;
  [[nodiscard]] virtual Result<std::vector<StoredApplication>> applications() = 0;
  [[nodiscard]] virtual Result<StoredApplication> application(const std::string& name) = 0;
  [[nodiscard]] virtual Result<void> remove_application(const std::string& name) = 0;

  // One transaction: the event, the new state, its records, and its commands as not yet finished. When this returns,
  // everything is durable; only then may a command run. kConflict when state.sequence is not the stored one + 1.
  [[nodiscard]] virtual Result<void> commit(const std::string& application, const Event& event,
                                            const StepResult& result) = 0;

  [[nodiscard]] virtual Result<std::vector<model::Recommendation>> recommendations(const RecommendationFilter&) = 0;
  [[nodiscard]] virtual Result<model::Recommendation> recommendation(const std::string& id) = 0;
  [[nodiscard]] virtual Result<std::vector<StoredAudit>> audit(const AuditFilter&) = 0;
  [[nodiscard]] virtual Result<std::vector<ConfigurationChanged>> configuration_changes(const std::string& application,
                                                                                        Instant from, Instant to) = 0;

  // Small named values: token hash, settings. Never a secret in clear.
  [[nodiscard]] virtual Result<std::optional<std::string>> setting(const std::string& key) = 0;
  [[nodiscard]] virtual Result<void> put_setting(const std::string& key, const std::string& value) = 0;
};

}  // namespace trimtab::engine
