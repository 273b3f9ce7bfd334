#include <utility>

#include "store/sqlite_store.h"

namespace trimtab::store {
namespace {

engine::StoredStudy study_of(const Statement& row) {
  return {row.text(0), row.text(1), {row.integer(2)}, {row.integer(3)}, row.text(4)};
}

}  // namespace

Result<void> SqliteStore::put_study(const engine::StoredStudy& study) {
  const std::scoped_lock lock(write_mutex_);
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*writer_));
  {
    TRY_ASSIGN(auto remove, writer_->prepare("DELETE FROM studies WHERE name = ?"));  // its trials go with it
    TRY(remove.bind(study.name).run());
  }
  {
    TRY_ASSIGN(auto insert, writer_->prepare("INSERT INTO studies (name, document, created, updated, state) "
                                             "VALUES (?, ?, ?, ?, ?)"));
    insert.bind(study.name).bind(study.document).bind(study.created.us).bind(study.updated.us);
    TRY(insert.bind(study.state).run());
  }
  return transaction.commit();
}

Result<std::vector<engine::StoredStudy>> SqliteStore::studies() {
  const std::scoped_lock lock(read_mutex_);
  TRY_ASSIGN(auto query, reader_->prepare("SELECT name, document, created, updated, state FROM studies ORDER BY name"));
  std::vector<engine::StoredStudy> found;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return found;
    found.push_back(study_of(query));
  }
}

Result<engine::StoredStudy> SqliteStore::study(const std::string& name) {
  const std::scoped_lock lock(read_mutex_);
  TRY_ASSIGN(auto query, reader_->prepare("SELECT name, document, created, updated, state FROM studies "
                                          "WHERE name = ?"));
  TRY_ASSIGN(const bool row, query.bind(name).step());
  if (!row) return fail(not_found("there is no study " + name));
  return study_of(query);
}

Result<void> SqliteStore::commit_study(const std::string& name, const std::string& state, Instant at,
                                       const std::vector<engine::StoredTrial>& trials) {
  const std::scoped_lock lock(write_mutex_);
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*writer_));
  {
    TRY_ASSIGN(auto update, writer_->prepare("UPDATE studies SET state = ?, updated = ? WHERE name = ?"));
    TRY(update.bind(state).bind(at.us).bind(name).run());
    if (writer_->changes() == 0) return fail(not_found("there is no study " + name));
  }
  for (const engine::StoredTrial& trial : trials) {
    TRY_ASSIGN(auto upsert, writer_->prepare("INSERT INTO trials (study, number, body) VALUES (?, ?, ?) "
                                             "ON CONFLICT (study, number) DO UPDATE SET body = excluded.body"));
    TRY(upsert.bind(name).bind(std::int64_t{trial.number}).bind(trial.trial).run());
  }
  return transaction.commit();
}

Result<std::vector<engine::StoredTrial>> SqliteStore::trials(const std::string& name) {
  const std::scoped_lock lock(read_mutex_);
  TRY_ASSIGN(auto query, reader_->prepare("SELECT number, body FROM trials WHERE study = ? ORDER BY number"));
  query.bind(name);
  std::vector<engine::StoredTrial> found;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return found;
    found.push_back({static_cast<int>(query.integer(0)), query.text(1)});
  }
}

}  // namespace trimtab::store
