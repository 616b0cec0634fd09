#include "storage/sqlite.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/check.hpp"
#include "storage/full_text.hpp"

namespace zimu::storage {
namespace {

// A lock held by another process (a backup, the sqlite3 shell) is waited for this long.
constexpr int kBusyTimeoutMs = 10'000;

constexpr std::string_view kNoSpaceAction = "free some space on that disk; the work goes on by itself";
constexpr std::string_view kDamagedAction = "stop Zimu and restore a backup with: zimu restore FILE";

}  // namespace

Statement::Statement(Database& database, sqlite3_stmt* handle, Cached* cached)
    : database_(&database), handle_(handle), cached_(cached) {
  if (cached_ != nullptr) cached_->in_use = true;
}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      handle_(std::exchange(other.handle_, nullptr)),
      cached_(std::exchange(other.cached_, nullptr)),
      bind_code_(other.bind_code_) {}

Statement::~Statement() {
  if (handle_ == nullptr) return;
  if (cached_ == nullptr) {
    sqlite3_finalize(handle_);
    return;
  }
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
  cached_->in_use = false;
}

Result<bool> Statement::step() {
  if (bind_code_ != SQLITE_OK) return std::unexpected(database_->error(bind_code_));
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  // Read before the reset, which may replace it.
  Error error = database_->error(code);
  sqlite3_reset(handle_);
  return std::unexpected(std::move(error));
}

Result<> Statement::run() {
  ZIMU_TRY(const bool row, step());
  static_cast<void>(row);
  reset();
  return {};
}

void Statement::reset() {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
  bind_code_ = SQLITE_OK;
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }
double Statement::real(int column) const { return sqlite3_column_double(handle_, column); }
int Statement::columns() const { return sqlite3_column_count(handle_); }
bool Statement::is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::span<const std::byte> Statement::blob(int column) const {
  const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(handle_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

void Statement::bind_integer(int index, std::int64_t value) {
  if (const int code = sqlite3_bind_int64(handle_, index, value); code != SQLITE_OK) bind_code_ = code;
}

void Statement::bind_real(int index, double value) {
  const double kept = std::isfinite(value) ? value : 0.0;
  if (const int code = sqlite3_bind_double(handle_, index, kept); code != SQLITE_OK) bind_code_ = code;
}

void Statement::bind_text(int index, std::string_view value) {
  const char* bytes = value.data() == nullptr ? "" : value.data();
  const int code = sqlite3_bind_text64(handle_, index, bytes, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) bind_code_ = code;
}

void Statement::bind_blob(int index, std::span<const std::byte> value) {
  // A null pointer would become NULL, not an empty blob.
  const int code = value.empty() ? sqlite3_bind_zeroblob(handle_, index, 0)
                                 : sqlite3_bind_blob64(handle_, index, value.data(), value.size(), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) bind_code_ = code;
}

Database::Database(std::filesystem::path path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

Database::~Database() {
  forget_statements();
  sqlite3_close_v2(handle_);
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path, Access access) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (access) {
    case Access::kCreate:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
      break;
    case Access::kReadWrite:
      flags |= SQLITE_OPEN_READWRITE;
      break;
    case Access::kReadOnly:
      flags |= SQLITE_OPEN_READONLY;
      break;
  }
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  if (handle == nullptr) {
    return fail(ErrorCode::kOutOfMemory, fmt::format("cannot open the database {}", path.string()));
  }
  std::unique_ptr<Database> database(new Database(path, handle));
  if (code != SQLITE_OK) return std::unexpected(database->error(code));
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  if (const int added = add_fold_function(handle); added != SQLITE_OK) return std::unexpected(database->error(added));
  // temp_store: sorting and statement journals never need room in /tmp.
  ZIMU_TRY_VOID(database->execute("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF"));
  return database;
}

Result<> Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error(code));
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  auto [place, is_new] = statements_.try_emplace(std::string(sql));
  Statement::Cached& cached = place->second;
  if (!is_new && !cached.in_use) return Statement(*this, cached.handle, &cached);
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      is_new ? SQLITE_PREPARE_PERSISTENT : 0U, &handle, nullptr);
  if (code != SQLITE_OK) {
    Error reason = error(code);
    if (is_new) statements_.erase(place);
    return std::unexpected(std::move(reason));
  }
  if (!is_new) return Statement(*this, handle, nullptr);
  cached.handle = handle;
  return Statement(*this, handle, &cached);
}

Result<std::int64_t> Database::query_integer(std::string_view sql) {
  ZIMU_TRY(Statement statement, prepare(sql));
  ZIMU_TRY(const bool row, statement.step());
  if (!row) return fail(ErrorCode::kInternal, fmt::format("no answer to: {}", sql));
  return statement.integer(0);
}

Result<std::string> Database::query_text(std::string_view sql) {
  ZIMU_TRY(Statement statement, prepare(sql));
  ZIMU_TRY(const bool row, statement.step());
  if (!row) return fail(ErrorCode::kInternal, fmt::format("no answer to: {}", sql));
  return statement.text(0);
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }
bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

void Database::forget_statements() {
  for (auto& [sql, cached] : statements_) {
    ZIMU_CHECK(!cached.in_use);
    sqlite3_finalize(cached.handle);
  }
  statements_.clear();
}

Error Database::error(int code) const {
  const auto with = [&](ErrorCode kind, std::string_view action) {
    return Error{kind, fmt::format("the database {}: {}", path_.string(), sqlite3_errmsg(handle_)),
                 std::string(action)};
  };
  const int system_errno = sqlite3_system_errno(handle_);
  switch (code & 0xff) {
    case SQLITE_FULL:
      return with(ErrorCode::kNoSpace, kNoSpaceAction);
    case SQLITE_IOERR:
      // Growing the -shm file or flushing can also meet the full disk; only errno tells then.
      if (system_errno == ENOSPC || system_errno == EDQUOT) return with(ErrorCode::kNoSpace, kNoSpaceAction);
      return with(ErrorCode::kIo, "check the disk and the system log");
    case SQLITE_CANTOPEN:
      if (system_errno == ENOSPC || system_errno == EDQUOT) return with(ErrorCode::kNoSpace, kNoSpaceAction);
      if (system_errno == ENOENT) return with(ErrorCode::kNotFound, "check the path");
      return with(ErrorCode::kPermission, "check the owner and the permissions of that path");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return with(ErrorCode::kPermission, "check the owner and the permissions of that path");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return with(ErrorCode::kUnavailable, "another process holds the database; try again");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return with(ErrorCode::kIo, kDamagedAction);
    case SQLITE_NOMEM:
      return with(ErrorCode::kOutOfMemory, "");
    case SQLITE_TOOBIG:
      return with(ErrorCode::kTooLarge, "");
    case SQLITE_CONSTRAINT:
      return with(code == SQLITE_CONSTRAINT_FOREIGNKEY ? ErrorCode::kNotFound : ErrorCode::kConflict, "");
    default:
      return with(ErrorCode::kInternal, "");
  }
}

Result<Transaction> Transaction::begin(Database& database, Kind kind) {
  ZIMU_TRY(Statement statement, database.prepare(kind == Kind::kWrite ? "BEGIN IMMEDIATE" : "BEGIN"));
  ZIMU_TRY_VOID(statement.run());
  return Transaction(database);
}

Transaction::~Transaction() {
  // SQLite rolls back by itself after some failures (a full disk, for one).
  if (database_ == nullptr || !database_->in_transaction()) return;
  if (auto statement = database_->prepare("ROLLBACK")) static_cast<void>(statement->run());
}

Result<> Transaction::commit() {
  ZIMU_TRY(Statement statement, database_->prepare("COMMIT"));
  ZIMU_TRY_VOID(statement.run());
  database_ = nullptr;
  return {};
}

}  // namespace zimu::storage
