#include "doctor/data_facts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/file.hpp"
#include "storage/database_state.hpp"

namespace zimu::doctor {
namespace {

namespace fs = std::filesystem;

std::optional<FileOwner> owner_of(const fs::path& path, const std::string& name) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  FileOwner owner;
  owner.name = name;
  owner.uid = info.st_uid;
  owner.gid = info.st_gid;
  owner.mode = info.st_mode & 07777U;
  owner.folder = S_ISDIR(info.st_mode);
  owner.writable = ::access(path.c_str(), owner.folder ? W_OK | X_OK : W_OK) == 0;
  return owner;
}

bool is_there(const fs::path& path) {
  std::error_code ec;
  return fs::exists(path, ec);
}

/// The last part of the path that is there.
fs::path nearest_folder(fs::path path) {
  std::error_code ec;
  path = fs::absolute(path, ec);
  while (!path.empty() && path != path.root_path() && !is_there(path)) path = path.parent_path();
  return path;
}

int status(bool good) {
  return good ? 0 : errno;
}

/// A write lock of its own kind from another descriptor, which must be refused (fcntl(2), open file
/// description locks).
bool second_lock_is_refused(const fs::path& file) {
  const auto fd = open_file(file, O_RDWR);
  if (!fd) return true;
  struct flock lock{};
  lock.l_type = F_WRLCK;
  if (::fcntl(fd->get(), F_OFD_SETLK, &lock) != 0)
    return true;  // refused, or this kernel does not know the kind
  return false;
}

int try_mapping(int fd) {
  constexpr std::size_t kPage = 4096;
  if (::ftruncate(fd, kPage) != 0) return errno;
  void* const memory = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return errno;
  ::munmap(memory, kPage);
  return 0;
}

void look_at_schema(const fs::path& database, int known, DataFacts& facts) {
  if (known > 0) {
    facts.schema = SchemaState::kCurrent;
    facts.schema_version = known;
    return;
  }
  const bool wal_is_fine = facts.journal && facts.journal->mode == storage::JournalMode::kWal;
  const auto state = storage::read_database_state(database, wal_is_fine);
  if (!state) {
    facts.schema_error = state.error().message;
    facts.schema_fix = state.error().action;
    const bool refused = state.error().code == ErrorCode::kUnsupported;
    facts.schema = refused ? SchemaState::kRefused : SchemaState::kUnknown;
    return;
  }
  facts.schema_version = state->schema;
  facts.schema = state->schema == 0                    ? SchemaState::kNone
                 : state->schema < state->schema_known ? SchemaState::kOlder
                                                       : SchemaState::kCurrent;
}

}  // namespace

WriteProbe probe_writing(const fs::path& folder) {
  static std::atomic<unsigned> count{0};  // two looks of one process must not share a file
  WriteProbe probe;
  const auto from = folder / fmt::format(".zimu-probe-{}-{}", ::getpid(), count++);
  const auto to = from.string() + "-b";
  const UniqueFd fd(::open(from.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  probe.create_errno = status(static_cast<bool>(fd));
  if (!fd) return probe;
  struct flock lock{};
  lock.l_type = F_WRLCK;
  probe.lock_errno = status(::fcntl(fd.get(), F_SETLK, &lock) == 0);
  probe.locks_hold = probe.lock_errno != 0 || second_lock_is_refused(from);
  probe.map_errno = try_mapping(fd.get());
  probe.sync_errno = status(::pwrite(fd.get(), "x", 1, 0) == 1 && ::fsync(fd.get()) == 0);
  probe.rename_errno = status(::rename(from.c_str(), to.c_str()) == 0);
  ::unlink(from.c_str());
  ::unlink(to.c_str());
  return probe;
}

DataFacts look_at_data(const config::Config& config, const Places& places, int schema_known) {
  DataFacts facts;
  facts.folder = config.data_dir;
  std::error_code ec;
  facts.real = fs::canonical(config.data_dir, ec);
  if (ec || !fs::is_directory(facts.real, ec)) {
    facts.real.clear();
    facts.missing_at = nearest_folder(config.data_dir);
    facts.can_be_made =
        fs::is_directory(facts.missing_at, ec) && ::access(facts.missing_at.c_str(), W_OK | X_OK) == 0;
    return facts;
  }
  facts.owner = owner_of(facts.real, facts.folder.string());
  if (const auto mountinfo = read_file(places.mountinfo))
    facts.mount = storage::find_mount(*mountinfo, facts.real);
  if (auto journal = storage::probe_journal_mode(config.journal_mode, places.mountinfo, facts.real)) {
    facts.journal = std::move(*journal);
  } else {
    facts.journal_error = journal.error().message;
  }
  facts.probe = probe_writing(facts.real);
  if (const auto free = free_bytes(facts.real)) facts.free_bytes = *free;
  facts.has_mark = is_there(facts.real / ".zimu");
  facts.has_uploads_mark = is_there(facts.real / "uploads" / ".zimu");
  for (const char* name : {"zimu.db", "zimu.db-wal", "zimu.db-shm", "zimu.db-journal", "zimu.db.lock",
                           "uploads", "uploads/incoming", "backups"}) {
    if (auto owner = owner_of(facts.real / name, name)) facts.files.push_back(std::move(*owner));
  }
  facts.has_database = is_there(facts.real / "zimu.db");
  if (facts.has_database) look_at_schema(facts.real / "zimu.db", schema_known, facts);
  return facts;
}

}  // namespace zimu::doctor
