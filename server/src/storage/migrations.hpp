#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "storage/sqlite.hpp"

namespace zimu::storage {

/// One step forward of the schema: `migrations/NNNN_name.sql`, without BEGIN and COMMIT of its own.
struct Migration {
  int version = 0;
  std::string_view name;
  std::string_view sql;
};

/// The steps built into this program, versions 1, 2, 3 …
std::span<const Migration> embedded_migrations() noexcept;

constexpr int kApplicationId = 0x5A494D55;  ///< "ZIMU" in the file's header

struct MigrationReport {
  int from = 0;
  int to = 0;
  std::optional<std::filesystem::path> backup;  ///< made before an existing database was changed
};

/// The schema version of an open database; kUnsupported for a database that is not Zimu's, and for one from a newer
/// Zimu (naming both versions and the Zimu to use).
Result<int> check_schema(Database& database, std::span<const Migration> migrations);

/// Brings the database to the last version: each step in a transaction of its own, foreign keys checked before its
/// commit. An existing database is first copied to `backups_dir/pre-vN-<time>.db` and the copy is checked; of repeated
/// attempts the newest three copies are kept.
/// Failure: the database is at the last version that succeeded; the error names the step.
Result<MigrationReport> migrate(Database& database, const std::filesystem::path& backups_dir,
                                std::span<const Migration> migrations = embedded_migrations());

}  // namespace zimu::storage
