// MemoryStore: the store of simulations, backtests and tests. Forgets everything with the object. Thread safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/store.h"
#include "engine/study_store.h"

namespace trimtab::store {

class MemoryStore final : public engine::Store, public engine::StudyStore {
 public:
  [[nodiscard]] Result<void> put_application(const std::string& name, const std::string& document, Instant at) override;
  [[nodiscard]] Result<std::vector<engine::StoredApplication>> applications() override;
  [[nodiscard]] Result<engine::StoredApplication> application(const std::string& name) override;
  [[nodiscard]] Result<void> remove_application(const std::string& name) override;
  [[nodiscard]] Result<void> commit(const std::string& application, const engine::Event& event,
                                    const engine::StepResult& result) override;
  [[nodiscard]] Result<std::vector<model::Recommendation>> recommendations(
      const engine::RecommendationFilter& filter) override;
  [[nodiscard]] Result<model::Recommendation> recommendation(const std::string& id) override;
  [[nodiscard]] Result<std::vector<engine::StoredAudit>> audit(const engine::AuditFilter& filter) override;
  [[nodiscard]] Result<std::vector<engine::ConfigurationChanged>> configuration_changes(const std::string& application,
                                                                                        Instant from,
                                                                                        Instant to) override;
  [[nodiscard]] Result<std::optional<std::string>> setting(const std::string& key) override;
  [[nodiscard]] Result<void> put_setting(const std::string& key, const std::string& value) override;

  [[nodiscard]] Result<void> put_study(const engine::StoredStudy& study) override;
  [[nodiscard]] Result<std::vector<engine::StoredStudy>> studies() override;
  [[nodiscard]] Result<engine::StoredStudy> study(const std::string& name) override;
  [[nodiscard]] Result<void> commit_study(const std::string& name, const std::string& state, Instant at,
                                          const std::vector<engine::StoredTrial>& trials) override;
  [[nodiscard]] Result<std::vector<engine::StoredTrial>> trials(const std::string& name) override;

  [[nodiscard]] Result<std::vector<engine::JournaledCommand>> unfinished_commands(const std::string& application);

 private:
  std::mutex mutex_;  // guards all below
  std::map<std::string, engine::StoredApplication> applications_;
  std::map<std::string, std::vector<engine::JournaledCommand>> unfinished_;
  std::map<std::string, model::Recommendation> recommendations_;
  std::vector<engine::StoredAudit> audit_;  // ascending
  std::map<std::string, std::vector<engine::ConfigurationChanged>> changes_;
  std::map<std::string, std::string> settings_;
  std::map<std::string, engine::StoredStudy> studies_;
  std::map<std::string, std::map<int, std::string>> trials_;
};

}  // namespace trimtab::store
