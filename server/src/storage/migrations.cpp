#include "storage/migrations.hpp"

#include <string>

#include <fmt/format.h>

#include "storage/backup.hpp"

namespace zimu::storage {
namespace {

// Of one schema, before the same migration: more than one only when it was tried again.
constexpr std::size_t kMostCopies = 3;

Result<> foreign_keys_hold(Database& database) {
  ZIMU_TRY(Statement check, database.prepare("PRAGMA foreign_key_check"));
  ZIMU_TRY(const bool broken, check.step());
  if (!broken) return {};
  return fail(ErrorCode::kInternal,
              fmt::format("a row of {} in {} points at nothing", check.text(0), database.path().string()));
}

Result<> apply(Database& database, const Migration& migration) {
  ZIMU_TRY(Transaction transaction, Transaction::begin(database, Transaction::Kind::kWrite));
  // Another process may have done it while we waited for the lock.
  ZIMU_TRY(const std::int64_t version, database.query_integer("PRAGMA user_version"));
  if (version >= migration.version) return {};
  ZIMU_TRY_VOID(database.execute(std::string(migration.sql)));
  ZIMU_TRY_VOID(foreign_keys_hold(database));
  ZIMU_TRY_VOID(database.execute(fmt::format("PRAGMA user_version = {}", migration.version)));
  return transaction.commit();
}

Result<> apply_with_context(Database& database, const Migration& migration) {
  // A step may rebuild a table that others point at: https://sqlite.org/lang_altertable.html §7.
  ZIMU_TRY_VOID(database.execute("PRAGMA foreign_keys = OFF"));
  auto applied = apply(database, migration);
  ZIMU_TRY_VOID(database.execute("PRAGMA foreign_keys = ON"));
  if (applied) return {};
  Error error = std::move(applied).error();
  error.message = fmt::format("migration {} ({}) was not done: {}", migration.version, migration.name, error.message);
  return std::unexpected(std::move(error));
}

std::string writer_of(Database& database) {
  const auto version = database.query_text("SELECT value FROM settings WHERE key = 'zimu_version'");
  return version ? *version : "";
}

}  // namespace

Result<int> check_schema(Database& database, std::span<const Migration> migrations) {
  ZIMU_TRY(const std::int64_t version, database.query_integer("PRAGMA user_version"));
  ZIMU_TRY(const std::int64_t application, database.query_integer("PRAGMA application_id"));
  ZIMU_TRY(const std::int64_t tables, database.query_integer("SELECT count(*) FROM sqlite_schema"));
  if (tables > 0 && application != kApplicationId) {
    return fail(ErrorCode::kUnsupported, fmt::format("{} is a database of another program", database.path().string()),
                "name another file or another ZIMU_DATA_DIR");
  }
  const int known = migrations.empty() ? 0 : migrations.back().version;
  if (version > known) {
    const std::string writer = writer_of(database);
    return fail(ErrorCode::kUnsupported,
                fmt::format("{} has schema version {}, and this Zimu {} knows versions up to {}",
                            database.path().string(), version, ZIMU_VERSION, known),
                fmt::format("use Zimu {} or newer, or restore a backup that this version made (backups/pre-v*.db)",
                            writer.empty() ? "of the version that wrote it" : writer));
  }
  return static_cast<int>(version);
}

Result<MigrationReport> migrate(Database& database, const std::filesystem::path& backups_dir,
                                std::span<const Migration> migrations) {
  ZIMU_TRY(const int from, check_schema(database, migrations));
  MigrationReport report{from, from, std::nullopt};
  const int target = migrations.empty() ? 0 : migrations.back().version;
  if (from == target) return report;
  if (from > 0) {
    const std::string prefix = fmt::format("pre-v{}", target);
    drop_old_copies(backups_dir, prefix, from, kMostCopies - 1);
    ZIMU_TRY(report.backup, copy_checked(database, backups_dir / timestamped_name(prefix)));
  }
  for (const Migration& migration : migrations) {
    if (migration.version <= report.to) continue;
    ZIMU_TRY_VOID(apply_with_context(database, migration));
    report.to = migration.version;
  }
  // So that an older Zimu can name the one to use.
  ZIMU_TRY_VOID(database.execute(
      "INSERT INTO settings (key, value) VALUES ('zimu_version', '" ZIMU_VERSION
      "') ON CONFLICT (key) DO UPDATE SET value = excluded.value"));
  return report;
}

}  // namespace zimu::storage
