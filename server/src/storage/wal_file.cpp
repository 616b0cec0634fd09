#include "storage/wal_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include <fmt/format.h>

#include "base/file.hpp"
#include "storage/sqlite.hpp"

namespace zimu::storage {

// https://sqlite.org/fileformat2.html §1.3.3: bytes 18 and 19 are 2 in WAL mode.
bool is_wal_file(const std::filesystem::path& path) {
  const auto fd = open_file(path, O_RDONLY);
  if (!fd) return false;
  std::array<unsigned char, 20> header{};
  return ::pread(fd->get(), header.data(), header.size(), 0) == static_cast<ssize_t>(header.size()) &&
         (header[18] == 2 || header[19] == 2);
}

Result<> leave_wal(const std::filesystem::path& path) {
  ZIMU_TRY(const auto database, Database::open(path, Database::Access::kReadWrite));
  // Exclusive before the first read keeps SQLite from making a -shm (SQLite test/e_wal.test, R-58297-14483).
  ZIMU_TRY_VOID(database->execute("PRAGMA locking_mode = EXCLUSIVE"));
  ZIMU_TRY(const std::string mode, database->query_text("PRAGMA journal_mode = DELETE"));
  if (mode != "delete") {
    return fail(ErrorCode::kConflict, fmt::format("{} is in use by another process", path.string()),
                "stop Zimu and try again");
  }
  // One that a killed process left: nobody reads it any more, and we still hold the exclusive lock.
  std::filesystem::path shm = path;
  shm += "-shm";
  std::error_code ignored;
  std::filesystem::remove(shm, ignored);
  return {};
}

}  // namespace zimu::storage
