// A thin layer on the sqlite3 C API: a connection, statements that reset themselves, transactions that roll back
// unless committed. Errors: kUnavailable (busy beyond the timeout, disk full, cannot open), kDataLoss (damaged file),
// kConflict (constraint), kInternal (a fault in our SQL). Not thread safe: a connection has one user at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace trimtab::store {

// A prepared statement on loan from its connection, which must outlive it. Parameters are bound in order; the first
// error is kept and returned by step().
class Statement {
 public:
  Statement(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;

  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);
  Statement& bind_null();

  // True: a row is there to be read. False: done.
  [[nodiscard]] Result<bool> step();
  // For statements without rows.
  [[nodiscard]] Result<void> run();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_;
  int position_ = 0;
  int bind_error_ = 0;
};

class Connection {
 public:
  // Creates the file (mode 0600) when absent. Write-ahead log, synchronous=FULL: what is committed survives a power
  // failure (https://www.sqlite.org/pragma.html#pragma_synchronous).
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const std::string& path);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Prepared once per text and kept. The same text must not be in use twice at a time.
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  // One or more statements without parameters and rows.
  [[nodiscard]] Result<void> execute(const std::string& sql);
  // Rows changed by the last statement.
  [[nodiscard]] std::int64_t changes() const;

 private:
  explicit Connection(sqlite3* database) : database_(database) {}
  sqlite3* database_;
  std::unordered_map<std::string, sqlite3_stmt*> statements_;
};

class Transaction {
 public:
  // BEGIN IMMEDIATE: the write lock is taken at once, so that a later statement cannot fail for want of it.
  [[nodiscard]] static Result<Transaction> begin(Connection& connection);
  // One consistent view for several queries; ends with the object.
  [[nodiscard]] static Result<Transaction> begin_read(Connection& connection);
  ~Transaction();
  Transaction(Transaction&& other) noexcept;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction& operator=(Transaction&&) = delete;

  [[nodiscard]] Result<void> commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;  // null once committed or moved from
};

}  // namespace trimtab::store
