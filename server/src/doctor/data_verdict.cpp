// What the data folder's facts mean. Pure.
#include <fmt/ranges.h>

#include <cerrno>
#include <system_error>

#include "doctor/data_facts.hpp"
#include "storage/sqlite_store.hpp"

namespace zimu::doctor {
namespace {

constexpr std::uint64_t kComfortableFree = 1ULL << 30U;
constexpr std::uint64_t kLeastFree = 64ULL << 20U;

std::string words(int number) {
  return std::system_category().message(number);
}

/// What people call the folder: on the host the mount's source, in here the path.
std::string host_folder(const DataFacts& f, const Platform& platform) {
  return platform.container() ? "./data (ZIMU_DATA in .env)" : f.folder.string();
}

std::string chown_fix(const DataFacts& f, const Ids& ids, const Platform& platform,
                      const std::string& what = {}) {
  const std::string own =
      fmt::format("sudo chown -R {}:{} {}{}", ids.uid, ids.gid,
                  platform.container() ? "./data" : f.folder.string(), what.empty() ? "" : "/" + what);
  if (!platform.container()) return own;
  return fmt::format(
      "docker compose run --rm server fix-permissions; or on the host: {}; or PUID={} PGID={} in .env", own,
      f.owner ? f.owner->uid : ids.uid, f.owner ? f.owner->gid : ids.gid);
}

/// The permission bits alone would let this process write.
bool bits_allow(const FileOwner& owner, const Ids& ids) {
  if (ids.uid == 0) return true;
  if (owner.uid == ids.uid) return (owner.mode & 0300U) == 0300U;
  bool member = owner.gid == ids.gid;
  for (const gid_t group : ids.groups) member = member || group == owner.gid;
  return member ? (owner.mode & 0030U) == 0030U : (owner.mode & 0003U) == 0003U;
}

void not_writable(const DataFacts& f, const Ids& ids, const Platform& platform, Check& check) {
  const int number = f.probe->create_errno;
  if (number == EROFS) {
    check.broken("data.read_only", fmt::format("{} is mounted read-only", f.folder.string()),
                 "take :ro off the volume in the compose file; if it is not there, the host's disk may have "
                 "failed: see dmesg");
  } else if (number == ENOSPC || number == EDQUOT) {
    check.broken("data.no_room", 
        fmt::format("no file can be made in {}: {}", f.folder.string(), words(number)),
        fmt::format("free some space (or inodes: df -i) on the disk of {}", host_folder(f, platform)));
  } else if ((number == EACCES || number == EPERM) && f.owner && bits_allow(*f.owner, ids)) {
    check.broken("data.security_label", 
        fmt::format("{} may not be written, although owner and mode allow it: SELinux or AppArmor forbids it",
                    f.folder.string()),
        "with SELinux add docker-compose.selinux.yml to COMPOSE_FILE in .env, or :Z to the volume; see "
        "ausearch -m avc on the host");
  } else if (f.owner) {
    const std::string rootless = platform.rootless ? "; on a rootless engine set PUID=0 and PGID=0" : "";
    check.broken("data.not_owner",
        fmt::format("{} belongs to {}:{} (mode {:o}), and this is {}:{}, which may not write there",
                             f.folder.string(), f.owner->uid, f.owner->gid, f.owner->mode, ids.uid, ids.gid),
                 chown_fix(f, ids, platform) + rootless);
  } else {
    check.broken("data.not_writable",
        fmt::format("no file can be made in {}: {}", f.folder.string(), words(number)),
                 chown_fix(f, ids, platform));
  }
}

void judge_probe(const DataFacts& f, const Ids& ids, const Platform& platform, Check& check) {
  const WriteProbe& probe = *f.probe;
  const std::string move = "keep the data on a local disk, or in a named volume (docker-compose.volume.yml)";
  if (probe.create_errno != 0) return not_writable(f, ids, platform, check);
  if (probe.lock_errno != 0) {
    check.broken("data.no_locks", 
        fmt::format("{} does not support file locks: {}", f.folder.string(), words(probe.lock_errno)), move);
  } else if (!probe.locks_hold) {
    check.broken("data.locks_do_not_hold",
        fmt::format("locks on {} do not hold: two programs got the same one", f.folder.string()),
                 move);
  }
  const bool wal = f.journal && f.journal->mode == storage::JournalMode::kWal;
  if (probe.map_errno != 0 && wal) {
    check.broken("data.no_shared_memory", 
        fmt::format("{} has no shared memory for WAL: {}", f.folder.string(), words(probe.map_errno)),
        "set ZIMU_JOURNAL_MODE=delete, or " + move);
  }
  if (probe.sync_errno != 0) {
    check.broken("data.no_bytes",
        fmt::format("{} takes no bytes: {}", f.folder.string(), words(probe.sync_errno)),
                 fmt::format("free some space on the disk of {}, or look for disk errors in dmesg",
                             host_folder(f, platform)));
  }
  if (probe.rename_errno != 0) {
    check.broken("data.no_rename", 
        fmt::format("files in {} cannot be renamed: {}", f.folder.string(), words(probe.rename_errno)), move);
  }
}

bool is_anonymous_volume(const storage::MountEntry& mount) {
  constexpr std::size_t kIdLength = 64;
  const auto at = mount.root.find("/volumes/");
  if (at == std::string::npos || !mount.root.ends_with("/_data")) return false;
  const std::string id = mount.root.substr(at + 9, mount.root.size() - at - 9 - 6);
  return id.size() == kIdLength && id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

void judge_mount(const DataFacts& f, const Platform& platform, Check& check) {
  if (!f.mount) return;
  const std::string mount_it =
      "mount a folder or a named volume there: docker-compose.yml does, with docker run add -v "
      "zimu-data:/data";
  if (platform.container() && f.mount->mount_point == "/") {
    check.degraded("data.not_mounted", 
        fmt::format("nothing is mounted at {}: all recordings go with the container", f.folder.string()),
        mount_it);
  } else if (is_anonymous_volume(*f.mount)) {
    check.degraded("data.unnamed_volume", 
        fmt::format("{} is a volume without a name: the next container gets another one", f.folder.string()),
        mount_it);
  } else if (f.mount->file_system == "tmpfs") {
    check.degraded("data.tmpfs", 
        fmt::format("{} is a tmpfs: everything in it is lost when it is unmounted", f.folder.string()),
        mount_it);
  }
}

void judge_marks(const DataFacts& f, const Platform& platform, Check& check) {
  const std::string remount =
      "mount the disk or folder that holds the data (docker compose config shows which), then start again";
  if (f.has_mark && !f.has_database) {
    check.broken("data.database_gone",
        fmt::format("{} was used before (.zimu is there), but zimu.db is gone", f.folder.string()),
                 fmt::format("{}; or docker compose run --rm server restore /data/backups/FILE.db; for a "
                             "new, empty library delete .zimu",
                             remount));
  } else if (f.has_mark && !f.has_uploads_mark) {
    check.broken("data.other_uploads",
        fmt::format("{}/uploads is not the folder that held the recordings: its .zimu is missing",
                             f.folder.string()),
                 fmt::format("{}; if it is the right one: touch uploads/.zimu in it", remount));
  } else if (!f.has_mark && platform.container()) {
    check.fact(f.has_database ? ".zimu is not there yet: the next start of the container writes it"
                              : "no data of Zimu yet (no zimu.db, no .zimu): if there should be some, its "
                                "folder is not mounted");
  }
}

void judge_owners(const DataFacts& f, const Ids& ids, const Platform& platform, Check& check) {
  std::vector<std::string> names;
  std::string whose;
  for (const FileOwner& file : f.files) {
    if (file.writable) continue;
    names.push_back(file.name);
    if (whose.empty()) whose = fmt::format("{}:{}", file.uid, file.gid);
  }
  if (names.empty()) return;
  check.broken("data.foreign_files", 
      fmt::format("{} in {} {} to {}, and this is {}:{}, which may not write {}", fmt::join(names, ", "),
                  f.folder.string(), names.size() == 1 ? "belongs" : "belong", whose, ids.uid, ids.gid,
                  names.size() == 1 ? "it" : "them"),
      platform.container() && ids.uid != 0
          ? fmt::format("restart the container without user: (it takes the files over); or on the host: sudo "
                        "chown -R {}:{} ./data",
                        ids.uid, ids.gid)
          : chown_fix(f, ids, platform));
}

void judge_schema(const DataFacts& f, Check& check) {
  switch (f.schema) {
    case SchemaState::kCurrent:
      check.fact(fmt::format("schema {}", f.schema_version));
      break;
    case SchemaState::kOlder:
      check.degraded("data.schema_older",
          fmt::format("the database has the older schema {}", f.schema_version),
                     "run zimu migrate (a backup is made first); in a container the next start does it");
      break;
    case SchemaState::kRefused:
      check.broken("data.schema_refused",
          f.schema_error, f.schema_fix.empty() ? "use the Zimu that wrote it" : f.schema_fix);
      break;
    case SchemaState::kNone:
    case SchemaState::kUnknown:
      break;
  }
}

void judge_space(const DataFacts& f, const Platform& platform, Check& check) {
  if (!f.free_bytes) return;
  const std::string free = fmt::format("{:.1f} GB free", static_cast<double>(*f.free_bytes) / 1e9);
  check.fact(free);
  if (*f.free_bytes >= kComfortableFree) return;
  const std::string fix =
      fmt::format("free some space on the disk of {}: old recordings, data/backups, unused models",
                  host_folder(f, platform));
  if (*f.free_bytes < kLeastFree) {
    check.broken("data.disk_full", fmt::format("the disk of {} is full", f.folder.string()), fix);
  } else {
    check.degraded("data.disk_nearly_full",
        fmt::format("the disk of {} is nearly full", f.folder.string()), fix);
  }
}

void missing_folder(const DataFacts& f, const Platform& platform, Check& check) {
  if (!f.can_be_made) {
    check.broken("data.cannot_be_made", 
        fmt::format("{} does not exist and cannot be made in {}", f.folder.string(), f.missing_at.string()),
        "give ZIMU_DATA_DIR a folder that this user may write to");
  } else if (platform.container()) {
    check.degraded("data.folder_missing",
        fmt::format("{} does not exist: nothing is mounted there", f.folder.string()),
                   "mount a folder or a named volume there: docker-compose.yml does");
  } else {
    check.fact(fmt::format("{} does not exist: the first start makes it", f.folder.string()));
  }
}

}  // namespace

Check judge_data(const DataFacts& f, const Ids& ids, const Platform& platform) {
  Check check{"data"};
  if (f.real.empty()) {
    missing_folder(f, platform, check);
    check.fact("SQLite " + storage::SqliteStore::sqlite_version());
    return check;
  }
  check.fact(f.folder == f.real ? f.real.string()
                                : fmt::format("{} ({})", f.folder.string(), f.real.string()));
  check.fact(f.mount ? fmt::format("{} mounted at {}", f.mount->file_system, f.mount->mount_point)
                     : "unknown file system");
  judge_probe(f, ids, platform, check);
  judge_mount(f, platform, check);
  if (f.journal) {
    const auto mode = storage::journal_mode_name(f.journal->mode);
    check.fact(f.journal->warn ? fmt::format("journal {}", mode)
                               : fmt::format("journal {} ({})", mode, f.journal->reason));
    if (f.journal->warn) {
      check.degraded("data.journal_risk", 
          f.journal->reason,
          f.journal->action + (platform.container() ? ": docker-compose.volume.yml in COMPOSE_FILE" : ""));
    }
  } else if (!f.journal_error.empty()) {
    check.degraded("data.journal_unknown", f.journal_error, "see ZIMU_JOURNAL_MODE");
  }
  check.fact("SQLite " + storage::SqliteStore::sqlite_version());
  judge_schema(f, check);
  judge_marks(f, platform, check);
  judge_owners(f, ids, platform, check);
  judge_space(f, platform, check);
  return check;
}

}  // namespace zimu::doctor
