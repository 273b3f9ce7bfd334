#include "store/migrations.h"

#include <array>
#include <string>

#include <sodium.h>

namespace trimtab::store {
namespace {

// Times are whole microseconds since 1970, UTC. JSON is text in the stored form of model and engine.
// `observations.kept` marks the rows that are in the engine's state; the others are history that later models may learn
// from.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE applications (
  name TEXT PRIMARY KEY, document TEXT NOT NULL, enrolled INTEGER NOT NULL, sequence INTEGER NOT NULL, state TEXT
) STRICT;
CREATE TABLE journal (
  application TEXT NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, event TEXT NOT NULL,
  PRIMARY KEY (application, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE commands (
  application TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
  command TEXT NOT NULL, finished INTEGER,
  PRIMARY KEY (application, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX commands_unfinished ON commands (application, sequence) WHERE finished IS NULL;
CREATE INDEX commands_sequence ON commands (application, sequence);
CREATE TABLE recommendations (
  id TEXT PRIMARY KEY, application TEXT NOT NULL, created INTEGER NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX recommendations_created ON recommendations (created, id);
CREATE INDEX recommendations_application ON recommendations (application, created, id);
CREATE TABLE observations (
  number INTEGER PRIMARY KEY, application TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL,
  kept INTEGER NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX observations_application ON observations (application, number);
CREATE INDEX observations_kept ON observations (application, number) WHERE kept = 1;
CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY, application TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,
  action TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE INDEX audit_application ON audit (application, sequence);
CREATE INDEX audit_subject ON audit (subject, sequence);
CREATE TABLE configuration_changes (
  number INTEGER PRIMARY KEY, application TEXT NOT NULL, at INTEGER NOT NULL, configuration TEXT NOT NULL,
  decision TEXT NOT NULL, kind TEXT NOT NULL
) STRICT;
CREATE INDEX configuration_changes_at ON configuration_changes (application, at);
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE studies (
  name TEXT PRIMARY KEY, document TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, state TEXT NOT NULL
) STRICT;
CREATE TABLE trials (
  study TEXT NOT NULL REFERENCES studies (name) ON DELETE CASCADE, number INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (study, number)
) STRICT, WITHOUT ROWID;
)sql";

std::string checksum(std::string_view text) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::array<char, crypto_hash_sha256_BYTES * 2 + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  return hex.data();
}

Error data_loss(std::string message) {
  Error error = internal_error(std::move(message));
  error.code = Code::kDataLoss;
  error.hint = "restore the file from a backup, or use the program that wrote it";
  return error;
}

// Number of steps already applied, after holding them against ours.
Result<std::size_t> applied(Connection& connection, const std::vector<Migration>& steps) {
  TRY_ASSIGN(auto query, connection.prepare("SELECT number, checksum FROM schema_migrations ORDER BY number"));
  std::size_t count = 0;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return count;
    if (count >= steps.size()) {
      return fail(unsupported("the store has schema " + std::to_string(query.integer(0)) + ", this program knows " +
                                  std::to_string(steps.size()),
                              "use the newer program that wrote it"));
    }
    const Migration& step = steps[count];
    if (query.integer(0) != step.number || query.text(1) != checksum(step.sql)) {
      return fail(
          data_loss("the store's schema step " + std::to_string(step.number) + " is not the one this program has"));
    }
    ++count;
  }
}

}  // namespace

const std::vector<Migration>& migrations() {
  static const std::vector<Migration> steps{{1, "first", kFirst}};
  return steps;
}

Result<void> migrate(Connection& connection, const std::vector<Migration>& steps) {
  TRY(
      connection.execute("CREATE TABLE IF NOT EXISTS schema_migrations ("
                         "number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT"));
  for (;;) {
    TRY_ASSIGN(Transaction transaction, Transaction::begin(connection));
    TRY_ASSIGN(const std::size_t done, applied(connection, steps));
    if (done == steps.size()) return {};
    const Migration& step = steps[done];
    TRY(connection.execute(std::string(step.sql)));
    {
      TRY_ASSIGN(auto insert, connection.prepare("INSERT INTO schema_migrations VALUES (?, ?, ?)"));
      TRY(insert.bind(std::int64_t{step.number}).bind(step.name).bind(checksum(step.sql)).run());
    }
    TRY(transaction.commit());
  }
}

}  // namespace trimtab::store
