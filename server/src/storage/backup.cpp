#include "storage/backup.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/time.hpp"
#include "storage/migrations.hpp"
#include "storage/wal_file.hpp"

namespace zimu::storage {
namespace {

namespace fs = std::filesystem;

// A copy needs about the size of the original; a little more for the file system's own records.
constexpr std::uint64_t kCopySlackBytes = 4U << 20U;
constexpr std::array<std::string_view, 3> kCompanions{"-wal", "-shm", "-journal"};

fs::path with_suffix(const fs::path& path, std::string_view suffix) {
  fs::path out = path;
  out += suffix;
  return out;
}

fs::path folder_of(const fs::path& path) { return path.parent_path().empty() ? fs::path(".") : path.parent_path(); }

Result<> flush(const fs::path& path) {
  ZIMU_TRY(const UniqueFd fd, open_file(path, O_RDONLY));
  if (::fsync(fd.get()) != 0) {
    return std::unexpected(error_from_errno(errno, fmt::format("cannot flush {}", path.string())));
  }
  return {};
}

Result<> move_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return std::unexpected(
        error_from_errno(errno, fmt::format("cannot rename {} to {}", from.string(), to.string())));
  }
  // Renames on file systems without folder flushing are still atomic for us.
  static_cast<void>(flush(folder_of(to)));
  return {};
}

void drop_with_companions(const fs::path& path) {
  std::error_code ec;
  fs::remove(path, ec);
  for (const std::string_view suffix : kCompanions) fs::remove(with_suffix(path, suffix), ec);
}

Result<> room_for_copy(const fs::path& source, const fs::path& folder) {
  std::error_code ec;
  std::uint64_t need = kCopySlackBytes;
  if (const auto size = fs::file_size(source, ec); !ec) need += size;
  if (const auto size = fs::file_size(with_suffix(source, "-wal"), ec); !ec) need += size;
  ZIMU_TRY(const std::uint64_t room, free_bytes(folder));
  if (room >= need) return {};
  return fail(ErrorCode::kNoSpace,
              fmt::format("a copy of {} needs {} MiB in {}, and {} MiB are free", source.string(), (need >> 20U) + 1,
                          folder.string(), room >> 20U),
              "free some space on that disk and try again");
}

Result<> check_integrity(Database& database) {
  ZIMU_TRY(const std::string verdict, database.query_text("PRAGMA integrity_check(1)"));
  if (verdict == "ok") return {};
  return fail(ErrorCode::kIo, fmt::format("{} is damaged: {}", database.path().string(), verdict),
              "use another backup");
}

Result<> vacuum_into(Database& database, const fs::path& target) {
  ZIMU_TRY(Statement statement, database.prepare("VACUUM INTO ?1"));
  return statement.bind(target.native()).run();
}

// `target` is whole or absent, whatever happens.
Result<fs::path> copy_through_part(Database& database, const fs::path& target) {
  ZIMU_TRY_VOID(make_directories(folder_of(target)));
  ZIMU_TRY_VOID(room_for_copy(database.path(), folder_of(target)));
  const fs::path part = with_suffix(target, ".part");
  drop_with_companions(part);
  const auto copy = [&]() -> Result<> {
    ZIMU_TRY_VOID(vacuum_into(database, part));
    {
      ZIMU_TRY(const auto made, Database::open(part, Database::Access::kReadOnly));
      ZIMU_TRY_VOID(check_integrity(*made));
    }
    // VACUUM INTO itself does not flush.
    ZIMU_TRY_VOID(flush(part));
    return move_file(part, target);
  };
  if (auto copied = copy(); !copied) {
    drop_with_companions(part);
    Error error = std::move(copied).error();
    error.message = fmt::format("no copy was made at {}: {}", target.string(), error.message);
    return std::unexpected(std::move(error));
  }
  return target;
}

Result<DatabaseFacts> read_facts(Database& database) {
  ZIMU_TRY(const int version, check_schema(database, embedded_migrations()));
  if (version == 0) {
    return fail(ErrorCode::kUnsupported, fmt::format("{} holds no Zimu data", database.path().string()),
                "name a file made by zimu backup");
  }
  ZIMU_TRY_VOID(check_integrity(database));
  DatabaseFacts facts;
  facts.schema_version = version;
  if (auto writer = database.query_text("SELECT value FROM settings WHERE key = 'zimu_version'")) {
    facts.zimu_version = *writer;
  }
  std::error_code ec;
  const auto size = fs::file_size(database.path(), ec);
  facts.size_bytes = ec ? 0 : size;
  ZIMU_TRY(facts.media, database.query_integer("SELECT count(*) FROM media"));
  ZIMU_TRY(facts.jobs, database.query_integer("SELECT count(*) FROM jobs"));
  ZIMU_TRY(facts.transcripts, database.query_integer("SELECT count(*) FROM transcripts"));
  return facts;
}

// https://sqlite.org/fileformat2.html §1.3: the user version is the big-endian number at byte 60.
std::optional<std::uint32_t> user_version_of(const fs::path& path) {
  const auto fd = open_file(path, O_RDONLY);
  std::array<unsigned char, 4> bytes{};
  if (!fd) return std::nullopt;
  const ssize_t got = ::pread(fd->get(), bytes.data(), bytes.size(), 60);
  if (got != static_cast<ssize_t>(bytes.size())) return std::nullopt;
  return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U | std::uint32_t{bytes[2]} << 8U | bytes[3];
}

// A present database too damaged to be copied is still not thrown away.
Result<fs::path> set_aside(const fs::path& database, const fs::path& backups_dir) {
  ZIMU_TRY_VOID(make_directories(backups_dir));
  const fs::path kept = backups_dir / timestamped_name("pre-restore-damaged");
  std::error_code ec;
  for (const std::string_view suffix : kCompanions) {
    if (!fs::exists(with_suffix(database, suffix), ec)) continue;
    ZIMU_TRY_VOID(move_file(with_suffix(database, suffix), with_suffix(kept, suffix)));
  }
  ZIMU_TRY_VOID(move_file(database, kept));
  return kept;
}

Result<fs::path> keep_present(const fs::path& path, const fs::path& backups_dir) {
  const auto copy = [&]() -> Result<fs::path> {
    ZIMU_TRY_VOID(leave_wal(path));  // one file, which one rename replaces
    ZIMU_TRY(const auto database, Database::open(path, Database::Access::kReadOnly));
    return copy_through_part(*database, backups_dir / timestamped_name("pre-restore"));
  };
  auto kept = copy();
  if (kept || kept.error().code != ErrorCode::kIo) return kept;
  return set_aside(path, backups_dir);
}

}  // namespace

Result<DatabaseFacts> verify_database(const fs::path& file) {
  std::error_code ec;
  if (!fs::is_regular_file(file, ec)) {
    return fail(ErrorCode::kNotFound, fmt::format("no file {} exists", file.string()), "check the path");
  }
  ZIMU_TRY(const auto database, Database::open(file, Database::Access::kReadOnly));
  return read_facts(*database);
}

Result<DatabaseFacts> backup_database(const fs::path& database, const fs::path& target) {
  std::error_code ec;
  if (!fs::is_regular_file(database, ec)) {
    return fail(ErrorCode::kNotFound, fmt::format("no database {} exists", database.string()),
                "check ZIMU_DATA_DIR");
  }
  if (fs::exists(target, ec)) {
    return fail(ErrorCode::kConflict, fmt::format("{} exists already", target.string()), "name another file");
  }
  {
    ZIMU_TRY(const auto source, Database::open(database, Database::Access::kReadWrite));
    ZIMU_TRY_VOID(check_schema(*source, embedded_migrations()));
    ZIMU_TRY_VOID(copy_through_part(*source, target));
  }
  return verify_database(target);
}

Result<RestoreReport> restore_database(const fs::path& backup, const fs::path& database, const fs::path& backups_dir) {
  RestoreReport report;
  ZIMU_TRY(report.facts, verify_database(backup));
  ZIMU_TRY_VOID(make_directories(folder_of(database)));
  ZIMU_TRY(const UniqueFd lock, lock_database(database));

  // First beside the place where it will be, so that a full disk is met before anything is changed.
  const fs::path staged = with_suffix(database, ".restored");
  drop_with_companions(staged);
  {
    ZIMU_TRY(const auto source, Database::open(backup, Database::Access::kReadOnly));
    ZIMU_TRY_VOID(copy_through_part(*source, staged));
  }
  const auto replace = [&]() -> Result<> {
    std::error_code ec;
    if (fs::exists(database, ec)) {
      ZIMU_TRY(report.undo, keep_present(database, backups_dir));
    }
    for (const std::string_view suffix : kCompanions) fs::remove(with_suffix(database, suffix), ec);
    return move_file(staged, database);
  };
  if (auto replaced = replace(); !replaced) {
    drop_with_companions(staged);
    return std::unexpected(std::move(replaced).error());
  }
  ZIMU_TRY(report.facts, verify_database(database));
  return report;
}

Result<UniqueFd> lock_database(const fs::path& database) {
  const fs::path path = with_suffix(database, ".lock");
  ZIMU_TRY(UniqueFd fd, open_file(path, O_RDWR | O_CREAT));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno == EWOULDBLOCK) {
    return fail(ErrorCode::kConflict, fmt::format("another Zimu uses {}", database.string()),
                "stop it first (docker compose stop, or end zimu serve)");
  }
  return UniqueFd();  // some shared folders know no locks; SQLite's own are then all there is
}

Result<fs::path> copy_checked(Database& database, const fs::path& target) {
  return copy_through_part(database, target);
}

void drop_old_copies(const fs::path& backups_dir, std::string_view prefix, int version, std::size_t keep) {
  std::vector<fs::path> finished;
  std::error_code ec;
  const std::string start = fmt::format("{}-", prefix);
  for (fs::directory_iterator entry(backups_dir, ec), end; !ec && entry != end; entry.increment(ec)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (!name.starts_with(start) || !entry->is_regular_file(ignored)) continue;
    if (name.find(".db.part") != std::string::npos) fs::remove(entry->path(), ignored);
    if (!name.ends_with(".db")) continue;
    if (user_version_of(entry->path()) == static_cast<std::uint32_t>(version)) finished.push_back(entry->path());
  }
  std::sort(finished.begin(), finished.end());  // their names hold the time
  for (std::size_t i = 0; i + keep < finished.size(); ++i) fs::remove(finished[i], ec);
}

std::string timestamped_name(std::string_view prefix) {
  std::string stamp = format_rfc3339(now_utc());
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':' || c == '.'; });
  return fmt::format("{}-{}.db", prefix, stamp);
}

}  // namespace zimu::storage
