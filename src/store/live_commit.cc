#include "store/live_commit.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/live_json.h"
#include "model/recommendation_json.h"

namespace trimtab::store {
namespace {

// Writes the records of one step.
class RecordWriter {
 public:
  RecordWriter(Connection& connection, const std::string& application)
      : connection_(connection), application_(application) {}

  Result<void> operator()(const engine::AuditEntry& entry) const {
    TRY_ASSIGN(auto insert, connection_.prepare("INSERT INTO audit (application, at, actor, action, subject, text) "
                                                "VALUES (?, ?, ?, ?, ?, ?)"));
    insert.bind(application_).bind(entry.at.us).bind(entry.actor).bind(entry.action).bind(entry.subject);
    return insert.bind(entry.text).run();
  }
  Result<void> operator()(const engine::RecommendationChanged& changed) const {
    const model::Recommendation& value = changed.recommendation;
    TRY_ASSIGN(auto upsert, connection_.prepare("INSERT INTO recommendations (id, application, created, state, body) "
                                                "VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                                                "state = excluded.state, body = excluded.body"));
    upsert.bind(value.id).bind(application_).bind(value.created.us).bind(model::to_string(value.state));
    return upsert.bind(model::to_json(value).dump()).run();
  }
  Result<void> operator()(const engine::ObservationAdded& added) const {
    const model::Observation& value = added.observation;
    TRY_ASSIGN(auto insert, connection_.prepare("INSERT INTO observations (application, started, ended, kept, body) "
                                                "VALUES (?, ?, ?, 1, ?)"));
    insert.bind(application_).bind(value.start.us).bind(value.end.us);
    return insert.bind(model::to_json(value).dump()).run();
  }
  Result<void> operator()(const engine::ConfigurationChanged& changed) const {
    TRY_ASSIGN(auto insert, connection_.prepare("INSERT INTO configuration_changes (application, at, configuration, "
                                                "decision, kind) VALUES (?, ?, ?, ?, ?)"));
    insert.bind(application_).bind(changed.at.us).bind(model::to_json(changed.configuration).dump());
    return insert.bind(changed.decision).bind(changed.kind).run();
  }

 private:
  Connection& connection_;
  const std::string& application_;
};

Result<void> write_state(Connection& connection, const std::string& application,
                         const engine::LiveApplicationState& state) {
  {
    TRY_ASSIGN(auto query, connection.prepare("SELECT sequence FROM applications WHERE name = ?"));
    TRY_ASSIGN(const bool found, query.bind(application).step());
    if (!found) return fail(not_found("application " + application + " is not enrolled"));
    if (state.sequence != static_cast<std::uint64_t>(query.integer(0)) + 1) {
      return fail(conflict("step " + std::to_string(state.sequence) + " of " + application + " does not follow step " +
                               std::to_string(query.integer(0)),
                           "only one server may run on a store"));
    }
  }
  TRY_ASSIGN(auto update, connection.prepare("UPDATE applications SET sequence = ?, state = ? WHERE name = ?"));
  update.bind(static_cast<std::int64_t>(state.sequence)).bind(engine::to_json(state).dump()).bind(application);
  return update.run();
}

Result<void> write_journal(Connection& connection, const Limits& limits, const std::string& application,
                           const engine::Event& event, std::int64_t sequence) {
  {
    TRY_ASSIGN(auto insert, connection.prepare("INSERT INTO journal VALUES (?, ?, ?, ?, ?)"));
    insert.bind(application).bind(sequence).bind(event.at.us).bind(engine::kind_of(event));
    TRY(insert.bind(engine::to_json(event).dump()).run());
  }
  TRY_ASSIGN(auto prune, connection.prepare("DELETE FROM journal WHERE application = ? AND sequence <= ?"));
  return prune.bind(application).bind(sequence - limits.journal_rows).run();
}

// A command is finished once the state does not wait for it any more.
Result<void> write_commands(Connection& connection, const Limits& limits, const std::string& application, Instant at,
                            const engine::StepResult& result) {
  const auto sequence = static_cast<std::int64_t>(result.state.sequence);
  std::set<std::string> open;
  for (const auto& waiting : result.state.under_way)
    open.insert(waiting.command.id);
  std::vector<std::string> finished;
  {
    TRY_ASSIGN(auto query, connection.prepare("SELECT id FROM commands WHERE application = ? AND finished IS NULL"));
    query.bind(application);
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) break;
      if (!open.contains(query.text(0))) finished.push_back(query.text(0));
    }
  }
  for (const std::string& id : finished) {
    TRY_ASSIGN(auto update, connection.prepare("UPDATE commands SET finished = ? WHERE application = ? AND id = ?"));
    TRY(update.bind(at.us).bind(application).bind(id).run());
  }
  for (const engine::Command& command : result.commands) {
    TRY_ASSIGN(auto insert, connection.prepare("INSERT INTO commands (application, id, sequence, at, kind, command) "
                                               "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (application, id) DO UPDATE SET "
                                               "sequence = excluded.sequence, at = excluded.at, finished = NULL"));
    insert.bind(application).bind(command.id).bind(sequence).bind(at.us).bind(engine::kind_of(command));
    TRY(insert.bind(engine::to_json(command).dump()).run());
  }
  TRY_ASSIGN(auto prune, connection.prepare("DELETE FROM commands WHERE application = ? AND sequence <= ? AND "
                                            "finished IS NOT NULL"));
  return prune.bind(application).bind(sequence - limits.journal_rows).run();
}

// Rows marked kept that the state has no longer: the engine thinned its evidence out.
Result<std::vector<std::int64_t>> dropped_rows(Connection& connection, const std::string& application,
                                               const std::vector<model::Observation>& wanted) {
  std::map<std::pair<std::int64_t, std::int64_t>, int> left;
  for (const model::Observation& observation : wanted)
    ++left[{observation.start.us, observation.end.us}];
  std::vector<std::int64_t> dropped;
  TRY_ASSIGN(auto query, connection.prepare("SELECT number, started, ended FROM observations WHERE application = ? AND "
                                            "kept = 1 ORDER BY number DESC"));
  query.bind(application);
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return dropped;
    const auto found = left.find({query.integer(1), query.integer(2)});
    if (found != left.end() && found->second > 0) {
      --found->second;
    } else {
      dropped.push_back(query.integer(0));
    }
  }
}

Result<void> keep_observations(Connection& connection, const Limits& limits, const std::string& application,
                               const std::vector<model::Observation>& wanted) {
  std::int64_t kept = 0;
  {
    TRY_ASSIGN(auto query, connection.prepare("SELECT count(*) FROM observations WHERE application = ? AND kept = 1"));
    TRY(query.bind(application).step());
    kept = query.integer(0);
  }
  if (kept == static_cast<std::int64_t>(wanted.size())) return {};
  TRY_ASSIGN(const auto dropped, dropped_rows(connection, application, wanted));
  for (const std::int64_t number : dropped) {
    TRY_ASSIGN(auto update, connection.prepare("UPDATE observations SET kept = 0 WHERE number = ?"));
    TRY(update.bind(number).run());
  }
  TRY_ASSIGN(
      auto prune,
      connection.prepare("DELETE FROM observations WHERE application = ?1 AND kept = 0 AND number <= (SELECT "
                         "number FROM observations WHERE application = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)"));
  return prune.bind(application).bind(limits.observation_rows).run();
}

}  // namespace

Result<void> write_step(Connection& connection, const Limits& limits, const std::string& application,
                        const engine::Event& event, const engine::StepResult& result) {
  TRY(write_state(connection, application, result.state));
  TRY(write_journal(connection, limits, application, event, static_cast<std::int64_t>(result.state.sequence)));
  TRY(write_commands(connection, limits, application, event.at, result));
  const RecordWriter writer(connection, application);
  for (const engine::Record& record : result.records)
    TRY(std::visit(writer, record));
  return keep_observations(connection, limits, application, result.state.observations);
}

}  // namespace trimtab::store
