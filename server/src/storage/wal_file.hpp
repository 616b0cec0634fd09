#pragma once
#include <filesystem>

#include "base/result.hpp"

/// A database file in WAL mode, seen from outside: before any connection of ours reads it.
namespace zimu::storage {

/// What its header says; false for a file that is missing or no database.
bool is_wal_file(const std::filesystem::path& path);

/// Folds the -wal into the file and leaves WAL mode, without ever making or mapping a -shm; works on every file system.
/// kConflict when another process has the database open. Afterwards neither companion is there.
Result<> leave_wal(const std::filesystem::path& path);

}  // namespace zimu::storage
