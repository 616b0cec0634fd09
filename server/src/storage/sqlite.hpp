#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace zimu::storage {

class Database;

/// A prepared statement borrowed from its connection; goes back (reset, bindings cleared) when destroyed.
/// A bind that fails is reported by the next `step`. Thread: that of the connection.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// Binds parameters 1, 2, 3 … in order.
  template <class... Values>
  Statement& bind(const Values&... values) {
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }
  Result<bool> step();  ///< true: a row is there
  Result<> run();       ///< for statements without rows
  void reset();         ///< to bind and run it again

  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  std::span<const std::byte> blob(int column) const;  ///< valid until the next step
  bool is_null(int column) const;
  int columns() const;  ///< of a row

 private:
  friend class Database;
  struct Cached {
    sqlite3_stmt* handle = nullptr;
    bool in_use = false;
  };
  Statement(Database& database, sqlite3_stmt* handle, Cached* cached);
  template <class Value>
  void bind_one(int index, const Value& value) {
    if constexpr (std::is_integral_v<Value>) {
      bind_integer(index, static_cast<std::int64_t>(value));
    } else if constexpr (std::is_floating_point_v<Value>) {
      bind_real(index, static_cast<double>(value));
    } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
      bind_text(index, value);
    } else if constexpr (std::is_convertible_v<const Value&, std::span<const std::byte>>) {
      bind_blob(index, value);
    } else if (value) {  // an optional; a missing one stays NULL
      bind_one(index, *value);
    }
  }
  void bind_integer(int index, std::int64_t value);
  void bind_real(int index, double value);  ///< SQLite has no NaN: what is not finite becomes 0
  void bind_text(int index, std::string_view value);
  void bind_blob(int index, std::span<const std::byte> value);

  Database* database_;
  sqlite3_stmt* handle_;
  Cached* cached_;  ///< nullptr: a private statement, finalized when destroyed
  int bind_code_ = 0;
};

/// One SQLite connection. Thread: one at a time. Errors name the database file:
/// a full disk is kNoSpace (also when it shows as an I/O error), a refused path kPermission, a lock that
/// another process holds kUnavailable, a violated uniqueness kConflict, a missing parent row kNotFound.
class Database {
 public:
  enum class Access : std::uint8_t { kCreate, kReadWrite, kReadOnly };
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path, Access access);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  Result<> execute(const std::string& sql);  ///< one or more statements, results ignored
  Result<Statement> prepare(std::string_view sql);
  /// First column of the first row; kInternal when there is none.
  Result<std::int64_t> query_integer(std::string_view sql);
  Result<std::string> query_text(std::string_view sql);
  std::int64_t changes() const;  ///< rows the last statement changed
  bool in_transaction() const;
  const std::filesystem::path& path() const { return path_; }
  Error error(int code) const;
  void forget_statements();  ///< finalizes the cache; no Statement may be alive

 private:
  friend class Statement;
  Database(std::filesystem::path path, sqlite3* handle);
  std::filesystem::path path_;
  sqlite3* handle_;
  std::unordered_map<std::string, Statement::Cached> statements_;
};

/// Rolls back unless committed. After a failed commit the database is as before `begin`.
class Transaction {
 public:
  enum class Kind : std::uint8_t { kRead, kWrite };
  static Result<Transaction> begin(Database& database, Kind kind);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace zimu::storage
