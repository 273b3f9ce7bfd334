#include "store/sqlite_store.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "engine/live_json.h"
#include "model/recommendation_json.h"
#include "store/live_commit.h"
#include "store/migrations.h"

namespace trimtab::store {
namespace {

Error damaged(Error error, const std::string& what) {
  if (error.code == Code::kUnsupported) return error;
  error.code = Code::kDataLoss;
  error.message = what + " in the store cannot be read: " + error.message;
  return error;
}

template <class Decode>
auto decode(const std::string& text, const std::string& what, Decode decode_json)
    -> decltype(decode_json(nlohmann::json())) {
  // Our own writing: damage, not an attack, is what is looked for, so the fast parser does (no look for repeated keys).
  const auto parsed = nlohmann::json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return fail(damaged(invalid_input("it is no JSON"), what));
  auto value = decode_json(parsed);
  if (!value) return fail(damaged(value.error(), what));
  return value;
}

Result<model::Recommendation> decode_recommendation(const std::string& id, const std::string& body) {
  return decode(body, "recommendation " + id,
                [](const nlohmann::json& value) { return model::recommendation_from_json(value); });
}

}  // namespace

SqliteStore::SqliteStore(std::unique_ptr<Connection> writer, std::unique_ptr<Connection> reader, Limits limits)
    : limits_(limits), writer_(std::move(writer)), reader_(std::move(reader)) {}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path, Limits limits) {
  TRY_ASSIGN(auto writer, Connection::open(path));
  TRY(migrate(*writer, migrations()));
  TRY_ASSIGN(auto reader, Connection::open(path));
  TRY(reader->execute("PRAGMA query_only = ON"));
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(writer), std::move(reader), limits));
}

Result<void> SqliteStore::put_application(const std::string& name, const std::string& document, Instant at) {
  const std::scoped_lock lock(write_mutex_);
  TRY_ASSIGN(auto upsert, writer_->prepare("INSERT INTO applications (name, document, enrolled, sequence, state) "
                                           "VALUES (?, ?, ?, 0, NULL) ON CONFLICT (name) DO UPDATE SET "
                                           "document = excluded.document"));
  return upsert.bind(name).bind(document).bind(at.us).run();
}

Result<std::vector<model::Observation>> SqliteStore::kept_observations(const std::string& application) {
  std::vector<model::Observation> observations;
  TRY_ASSIGN(auto query, reader_->prepare("SELECT body FROM observations WHERE application = ? AND kept = 1 "
                                          "ORDER BY number"));
  query.bind(application);
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return observations;
    TRY_ASSIGN(auto observation, decode(query.text(0), "an observation of " + application,
                                        [](const auto& value) { return model::observation_from_json(value); }));
    observations.push_back(std::move(observation));
  }
}

Result<engine::StoredApplication> SqliteStore::read_application(Statement& row) {
  engine::StoredApplication stored{row.text(0), row.text(1), {row.integer(2)}, std::nullopt};
  if (row.is_null(3)) return stored;
  TRY_ASSIGN(stored.state, decode(row.text(3), "the state of " + stored.name,
                                  [](const auto& value) { return engine::live_application_state_from_json(value); }));
  TRY_ASSIGN(stored.state->observations, kept_observations(stored.name));
  return stored;
}

Result<std::vector<engine::StoredApplication>> SqliteStore::applications() {
  const std::scoped_lock lock(read_mutex_);
  std::vector<engine::StoredApplication> found;
  TRY_ASSIGN(Transaction snapshot, Transaction::begin_read(*reader_));
  TRY_ASSIGN(auto query, reader_->prepare("SELECT name, document, enrolled, state FROM applications ORDER BY name"));
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return found;
    TRY_ASSIGN(auto stored, read_application(query));
    found.push_back(std::move(stored));
  }
}

Result<engine::StoredApplication> SqliteStore::application(const std::string& name) {
  const std::scoped_lock lock(read_mutex_);
  TRY_ASSIGN(Transaction snapshot, Transaction::begin_read(*reader_));
  TRY_ASSIGN(auto query, reader_->prepare("SELECT name, document, enrolled, state FROM applications WHERE name = ?"));
  TRY_ASSIGN(const bool row, query.bind(name).step());
  if (!row) return fail(not_found("application " + name + " is not enrolled"));
  return read_application(query);
}

Result<void> SqliteStore::remove_application(const std::string& name) {
  const std::scoped_lock lock(write_mutex_);
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*writer_));
  {
    TRY_ASSIGN(auto remove, writer_->prepare("DELETE FROM applications WHERE name = ?"));
    TRY(remove.bind(name).run());
    if (writer_->changes() == 0) return fail(not_found("application " + name + " is not enrolled"));
  }
  for (const std::string table : {"journal", "commands", "observations", "configuration_changes"}) {
    TRY_ASSIGN(auto remove, writer_->prepare("DELETE FROM " + table + " WHERE application = ?"));
    TRY(remove.bind(name).run());
  }
  return transaction.commit();
}

Result<void> SqliteStore::commit(const std::string& application, const engine::Event& event,
                                 const engine::StepResult& result) {
  const std::scoped_lock lock(write_mutex_);
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*writer_));
  TRY(write_step(*writer_, limits_, application, event, result));
  return transaction.commit();
}

Result<std::vector<model::Recommendation>> SqliteStore::recommendations(const engine::RecommendationFilter& filter) {
  const std::scoped_lock lock(read_mutex_);
  std::string sql = "SELECT id, body FROM recommendations WHERE 1 = 1";
  if (!filter.application.empty()) sql += " AND application = ?";
  if (filter.state) sql += " AND state = ?";
  if (!filter.before.empty()) sql += " AND (created, id) < (SELECT created, id FROM recommendations WHERE id = ?)";
  sql += " ORDER BY created DESC, id DESC LIMIT ?";
  TRY_ASSIGN(auto query, reader_->prepare(sql));
  if (!filter.application.empty()) query.bind(filter.application);
  if (filter.state) query.bind(model::to_string(*filter.state));
  if (!filter.before.empty()) query.bind(filter.before);
  query.bind(std::int64_t{filter.limit});
  std::vector<model::Recommendation> found;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return found;
    TRY_ASSIGN(auto recommendation, decode_recommendation(query.text(0), query.text(1)));
    found.push_back(std::move(recommendation));
  }
}

Result<model::Recommendation> SqliteStore::recommendation(const std::string& id) {
  const std::scoped_lock lock(read_mutex_);
  TRY_ASSIGN(auto query, reader_->prepare("SELECT body FROM recommendations WHERE id = ?"));
  TRY_ASSIGN(const bool row, query.bind(id).step());
  if (!row) return fail(not_found("there is no recommendation " + id));
  return decode_recommendation(id, query.text(0));
}

Result<std::vector<engine::StoredAudit>> SqliteStore::audit(const engine::AuditFilter& filter) {
  const std::scoped_lock lock(read_mutex_);
  std::string sql = "SELECT sequence, application, at, actor, action, subject, text FROM audit WHERE 1 = 1";
  if (!filter.application.empty()) sql += " AND application = ?";
  if (!filter.subject.empty()) sql += " AND subject = ?";
  if (filter.before > 0) sql += " AND sequence < ?";
  sql += " ORDER BY sequence DESC LIMIT ?";
  TRY_ASSIGN(auto query, reader_->prepare(sql));
  if (!filter.application.empty()) query.bind(filter.application);
  if (!filter.subject.empty()) query.bind(filter.subject);
  if (filter.before > 0) query.bind(filter.before);
  query.bind(std::int64_t{filter.limit});
  std::vector<engine::StoredAudit> found;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return found;
    found.push_back({query.integer(0),
                     query.text(1),
                     {{query.integer(2)}, query.text(3), query.text(4), query.text(5), query.text(6)}});
  }
}

Result<std::vector<engine::ConfigurationChanged>> SqliteStore::configuration_changes(const std::string& application,
                                                                                     Instant from, Instant to) {
  const std::scoped_lock lock(read_mutex_);
  TRY_ASSIGN(auto query, reader_->prepare("SELECT at, configuration, decision, kind FROM configuration_changes WHERE "
                                          "application = ? AND at >= ? AND at <= ? ORDER BY at, number"));
  query.bind(application).bind(from.us).bind(to.us);
  std::vector<engine::ConfigurationChanged> found;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return found;
    TRY_ASSIGN(auto configuration, decode(query.text(1), "a configuration of " + application,
                                          [](const auto& value) { return model::configuration_from_json(value); }));
    found.push_back({{query.integer(0)}, std::move(configuration), query.text(2), query.text(3)});
  }
}

Result<std::optional<std::string>> SqliteStore::setting(const std::string& key) {
  const std::scoped_lock lock(read_mutex_);
  TRY_ASSIGN(auto query, reader_->prepare("SELECT value FROM settings WHERE key = ?"));
  TRY_ASSIGN(const bool row, query.bind(key).step());
  if (!row) return std::optional<std::string>();
  return std::optional<std::string>(query.text(0));
}

Result<void> SqliteStore::put_setting(const std::string& key, const std::string& value) {
  const std::scoped_lock lock(write_mutex_);
  TRY_ASSIGN(auto upsert, writer_->prepare("INSERT INTO settings VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET "
                                           "value = excluded.value"));
  return upsert.bind(key).bind(value).run();
}

Result<std::vector<engine::JournaledCommand>> SqliteStore::unfinished_commands(const std::string& application) {
  const std::scoped_lock lock(read_mutex_);
  TRY_ASSIGN(auto query, reader_->prepare("SELECT command, at FROM commands WHERE application = ? AND finished IS NULL "
                                          "ORDER BY sequence, id"));
  query.bind(application);
  std::vector<engine::JournaledCommand> found;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return found;
    TRY_ASSIGN(auto command, decode(query.text(0), "a command of " + application,
                                    [](const auto& value) { return engine::command_from_json(value); }));
    found.push_back({application, std::move(command), {query.integer(1)}});
  }
}

Result<std::int64_t> SqliteStore::journal_length(const std::string& application) {
  const std::scoped_lock lock(read_mutex_);
  TRY_ASSIGN(auto query, reader_->prepare("SELECT count(*) FROM journal WHERE application = ?"));
  TRY(query.bind(application).step());
  return query.integer(0);
}

}  // namespace trimtab::store
