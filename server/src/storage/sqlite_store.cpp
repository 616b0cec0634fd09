#include "storage/sqlite_store.hpp"

#include <sqlite3.h>

#include <utility>

#include <fmt/format.h>

#include "storage/backup.hpp"
#include "storage/full_text.hpp"
#include "storage/rows.hpp"
#include "storage/wal_file.hpp"

namespace zimu::storage {
namespace {

namespace fs = std::filesystem;

// After a burst the WAL is cut back to this.
constexpr std::int64_t kMaxIdleWalBytes = 16LL << 20;

// The data was moved from a good disk: fold the WAL in before anything maps a -shm file here.
Result<> convert_from_wal(const fs::path& path, const JournalDecision& decision) {
  const auto left = leave_wal(path);
  if (left) return {};
  return fail(ErrorCode::kConflict,
              fmt::format("{} uses WAL, and {}; it could not be changed: {}", path.string(), decision.reason,
                          left.error().message),
              "stop every other Zimu on this folder and start again");
}

Result<> set_journal(Database& database, JournalMode mode) {
  ZIMU_TRY(const std::string got,
           database.query_text(mode == JournalMode::kWal ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE"));
  if (got != journal_mode_name(mode)) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("{} stays in journal mode {} although {} was wanted", database.path().string(), got,
                            journal_mode_name(mode)),
                "stop every other process that uses it and start again");
  }
  // FULL: a committed window is still there after a power cut, not only after a crash of ours.
  ZIMU_TRY_VOID(database.execute("PRAGMA synchronous = FULL"));
  return database.execute(fmt::format("PRAGMA journal_size_limit = {}", kMaxIdleWalBytes));
}

// Only the holder of the lock changes a schema, so that no running server of another version is surprised.
Result<MigrationReport> bring_up_to_date(Database& database, const OpenOptions& options, const fs::path& backups) {
  ZIMU_TRY(const int version, check_schema(database, embedded_migrations()));
  const int last = embedded_migrations().back().version;
  if (version == last) return MigrationReport{version, version, std::nullopt};
  if (version > 0 && !options.auto_migrate) {
    return fail(ErrorCode::kConflict,
                fmt::format("{} has schema version {} and needs {}", options.path.string(), version, last),
                "run: zimu migrate");
  }
  UniqueFd lock;
  if (!options.exclusive) {
    ZIMU_TRY(lock, lock_database(options.path));
  }
  return migrate(database, backups);
}

}  // namespace

Result<JournalDecision> settle_journal(const OpenOptions& options) {
  const fs::path folder = options.path.parent_path().empty() ? fs::path(".") : options.path.parent_path();
  ZIMU_TRY(JournalDecision decision, probe_journal_mode(options.journal_mode, options.mountinfo_path, folder));
  if (decision.mode == JournalMode::kDelete && is_wal_file(options.path)) {
    ZIMU_TRY_VOID(convert_from_wal(options.path, decision));
  }
  return decision;
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(OpenOptions options) {
  const fs::path folder = options.path.parent_path().empty() ? fs::path(".") : options.path.parent_path();
  const fs::path backups = options.backups_dir.empty() ? folder / "backups" : options.backups_dir;
  ZIMU_TRY_VOID(check_full_text());
  ZIMU_TRY_VOID(make_directories(folder));
  UniqueFd lock;
  if (options.exclusive) {
    ZIMU_TRY(lock, lock_database(options.path));
  }
  ZIMU_TRY(JournalDecision decision, settle_journal(options));
  ZIMU_TRY(auto writer, Database::open(options.path, Database::Access::kCreate));
  // Before the journal is set: a foreign file is not touched.
  ZIMU_TRY_VOID(check_schema(*writer, embedded_migrations()));
  ZIMU_TRY_VOID(set_journal(*writer, decision.mode));
  ZIMU_TRY(MigrationReport migration, bring_up_to_date(*writer, options, backups));

  std::vector<std::unique_ptr<Database>> readers;
  for (std::size_t i = 0; i < Connections::kReaders; ++i) {
    ZIMU_TRY(auto reader, Database::open(options.path, Database::Access::kReadOnly));
    readers.push_back(std::move(reader));
  }
  auto connections = std::make_unique<Connections>(std::move(writer), std::move(readers));
  // What a migration or another program left for the search to read; else nobody waits here for the one who writes.
  ZIMU_TRY(const bool behind, connections->with_writer(search_is_behind));
  if (behind) {
    ZIMU_TRY_VOID(connections->write([](Database&) -> Result<> { return {}; }));
  }
  return std::unique_ptr<SqliteStore>(
      new SqliteStore(std::move(lock), std::move(decision), std::move(migration), std::move(connections)));
}

SqliteStore::SqliteStore(UniqueFd lock, JournalDecision journal, MigrationReport migration,
                         std::unique_ptr<Connections> connections)
    : lock_(std::move(lock)),
      journal_(std::move(journal)),
      migration_(std::move(migration)),
      connections_(std::move(connections)) {}

SqliteStore::~SqliteStore() = default;

std::string SqliteStore::sqlite_version() { return sqlite3_libversion(); }

Result<> SqliteStore::checkpoint() {
  if (journal_.mode != JournalMode::kWal) return {};
  return connections_->with_writer([](Database& database) {
    return database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  });
}

Result<std::optional<std::string>> SqliteStore::setting(const std::string& key) {
  return connections_->read([&](Database& database) -> Result<std::optional<std::string>> {
    ZIMU_TRY(Statement statement, database.prepare("SELECT value FROM settings WHERE key = ?1"));
    ZIMU_TRY(const bool found, statement.bind(key).step());
    if (!found) return std::nullopt;
    return statement.text(0);
  });
}

Result<> SqliteStore::set_setting(const std::string& key, const std::string& value) {
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY(Statement statement, database.prepare("INSERT INTO settings (key, value) VALUES (?1, ?2) "
                                                   "ON CONFLICT (key) DO UPDATE SET value = excluded.value"));
    return statement.bind(key, value).run();
  });
}

Result<> SqliteStore::ping() {
  return connections_->read([](Database& database) -> Result<> {
    ZIMU_TRY(const std::int64_t tables, database.query_integer("SELECT count(*) FROM sqlite_schema"));
    static_cast<void>(tables);
    return {};
  });
}

}  // namespace zimu::storage
