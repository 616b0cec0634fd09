#include "storage/database_state.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "base/file.hpp"
#include "storage/migrations.hpp"

namespace zimu::storage {
namespace {

// https://sqlite.org/fileformat2.html §1.3: magic text, user version at 60, application id at 68, big-endian.
constexpr std::size_t kHeaderBytes = 100;
constexpr std::string_view kMagic("SQLite format 3\0", 16);
using Header = std::array<unsigned char, kHeaderBytes>;

int big_endian(const Header& header, std::size_t at) {
  return static_cast<int>(
      static_cast<unsigned>(header[at]) << 24U | static_cast<unsigned>(header[at + 1]) << 16U |
      static_cast<unsigned>(header[at + 2]) << 8U | static_cast<unsigned>(header[at + 3]));
}

bool has_bytes(const std::filesystem::path& path) {
  std::error_code ec;
  const auto size = std::filesystem::file_size(path, ec);
  return !ec && size > 0;
}

Result<int> version_in_header(const std::filesystem::path& path) {
  ZIMU_TRY(const auto fd, open_file(path, O_RDONLY));
  Header header{};
  const ssize_t got = ::pread(fd.get(), header.data(), header.size(), 0);
  if (got == 0) return 0;  // made, and nothing written yet
  if (got != static_cast<ssize_t>(header.size()) ||
      std::string_view(reinterpret_cast<const char*>(header.data()), kMagic.size()) != kMagic) {
    return fail(ErrorCode::kUnsupported, fmt::format("{} is no SQLite database", path.string()),
                "restore a backup (zimu restore FILE), or move that file away");
  }
  const int version = big_endian(header, 60);
  if (version > 0 && big_endian(header, 68) != kApplicationId) {
    return fail(ErrorCode::kUnsupported, fmt::format("{} is a database of another program", path.string()),
                "name another ZIMU_DATA_DIR");
  }
  return version;
}

}  // namespace

Result<DatabaseState> read_database_state(const std::filesystem::path& path, bool wal_is_fine) {
  DatabaseState state;
  state.schema_known = embedded_migrations().back().version;
  ZIMU_TRY(state.schema, version_in_header(path));
  // A newer database names the Zimu that wrote it inside. -shm must be there too, or a reader would make it.
  const bool open_makes_nothing =
      wal_is_fine && has_bytes(path.string() + "-wal") && has_bytes(path.string() + "-shm");
  if (open_makes_nothing) {
    ZIMU_TRY(const auto database, Database::open(path, Database::Access::kReadOnly));
    ZIMU_TRY(state.schema, check_schema(*database, embedded_migrations()));
  } else if (state.schema > state.schema_known) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("{} has schema version {}, and this Zimu {} knows versions up to {}", path.string(),
                    state.schema, ZIMU_VERSION, state.schema_known),
        "use the newer Zimu that wrote it, or restore a backup that this version made (backups/pre-v*.db)");
  }
  return state;
}

}  // namespace zimu::storage
