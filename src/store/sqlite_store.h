// SqliteStore: the embedded store in one file, for one server and any number of studies beside it.
//
// Thread safe: one writer connection, one reader connection (write-ahead log: readers never wait for the writer), each
// behind a mutex. Errors beside those of the interfaces: kUnavailable (busy, disk full), kDataLoss (damaged),
// kUnsupported (written by a newer program). Cost of commit: one fsync.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/store.h"
#include "engine/study_store.h"
#include "store/limits.h"
#include "store/sql.h"

namespace trimtab::store {

class SqliteStore final : public engine::Store, public engine::StudyStore {
 public:
  // Creates the file when absent and brings its schema up to date.
  [[nodiscard]] static Result<std::unique_ptr<SqliteStore>> open(const std::string& path, Limits limits = {});

  [[nodiscard]] Result<void> put_application(const std::string& name, const std::string& document, Instant at) override;
  [[nodiscard]] Result<std::vector<engine::StoredApplication>> applications() override;
  [[nodiscard]] Result<engine::StoredApplication> application(const std::string& name) override;
  // Its recommendations and audit trail stay: they are history.
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

  // Journaled commands whose end was not journaled yet, oldest first.
  [[nodiscard]] Result<std::vector<engine::JournaledCommand>> unfinished_commands(const std::string& application);
  // Rows in the journal of one application: bounded by Limits.
  [[nodiscard]] Result<std::int64_t> journal_length(const std::string& application);

 private:
  SqliteStore(std::unique_ptr<Connection> writer, std::unique_ptr<Connection> reader, Limits limits);
  Result<engine::StoredApplication> read_application(Statement& row);
  Result<std::vector<model::Observation>> kept_observations(const std::string& application);

  Limits limits_;
  std::mutex write_mutex_;
  std::unique_ptr<Connection> writer_;  // guarded by write_mutex_
  std::mutex read_mutex_;
  std::unique_ptr<Connection> reader_;  // guarded by read_mutex_
};

}  // namespace trimtab::store
