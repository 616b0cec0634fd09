#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.hpp"
#include "base/result.hpp"
#include "storage/sqlite.hpp"

/// Copies of the database and the way back. The recordings under uploads/ are not in it: copy that folder beside.
/// Blocking; thread: any.
namespace zimu::storage {

/// What a checked database file holds.
struct DatabaseFacts {
  int schema_version = 0;
  std::string zimu_version;  ///< of the program that last migrated it; may be empty
  std::uint64_t size_bytes = 0;
  std::int64_t media = 0;
  std::int64_t jobs = 0;
  std::int64_t transcripts = 0;
};

/// Opens the file read-only and reads all of it: is it a Zimu database, whole, and not newer than this program?
Result<DatabaseFacts> verify_database(const std::filesystem::path& file);

/// A consistent copy of a database that may be in use (VACUUM INTO), checked and on disk before it gets its name.
/// kConflict when `target` exists.
Result<DatabaseFacts> backup_database(const std::filesystem::path& database, const std::filesystem::path& target);

struct RestoreReport {
  DatabaseFacts facts;                          ///< of what is there now
  std::optional<std::filesystem::path> undo;    ///< restore point of what was there before
};

/// Verifies `backup`, keeps the present database as `backups_dir/pre-restore-<time>.db`, then replaces it in one rename;
/// no -wal or -shm of the old one stays. kConflict while a server holds the database. A crash leaves the old or the new.
Result<RestoreReport> restore_database(const std::filesystem::path& backup, const std::filesystem::path& database,
                                       const std::filesystem::path& backups_dir);

/// `<database>.lock`, held by the one process that may change the schema or replace the file. Released with the
/// descriptor, also when the process dies.
/// kConflict when another process holds it; an empty descriptor where the file system has no locks.
Result<UniqueFd> lock_database(const std::filesystem::path& database);

// For migrations.
/// Copies an open database to `target`, checks the copy and flushes it; returns `target`.
Result<std::filesystem::path> copy_checked(Database& database, const std::filesystem::path& target);
/// Deletes what killed attempts left unfinished (`<prefix>-….db.part`) and all but the newest `keep` finished copies of
/// schema `version`: a migration that fails at every start must not fill the disk with copies.
void drop_old_copies(const std::filesystem::path& backups_dir, std::string_view prefix, int version, std::size_t keep);
/// "pre-v2-20261124T155013123Z.db"
std::string timestamped_name(std::string_view prefix);

}  // namespace zimu::storage
