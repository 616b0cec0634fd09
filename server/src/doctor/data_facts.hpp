#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "doctor/check.hpp"
#include "doctor/ids.hpp"
#include "storage/journal_mode.hpp"

namespace zimu::doctor {

struct FileOwner {
  std::string name;  ///< "zimu.db-wal", "uploads"
  uid_t uid = 0;
  gid_t gid = 0;
  unsigned mode = 0;     ///< permission bits
  bool writable = true;  ///< by this process
  bool folder = false;
};

/// Creates, locks from two sides, maps, syncs, renames and deletes a file: what the database will do.
struct WriteProbe {
  int create_errno = 0;
  int lock_errno = 0;      ///< SQLite's kind of lock
  bool locks_hold = true;  ///< a second descriptor is refused
  int map_errno = 0;       ///< shared memory: WAL needs it
  int sync_errno = 0;
  int rename_errno = 0;
};

enum class SchemaState { kUnknown, kNone, kCurrent, kOlder, kRefused };

struct DataFacts {
  std::filesystem::path folder;      ///< as configured
  std::filesystem::path real;        ///< without links; empty: there is none
  std::filesystem::path missing_at;  ///< where the path ends, when it does not exist
  bool can_be_made = false;
  std::optional<storage::MountEntry> mount;
  std::optional<storage::JournalDecision> journal;
  std::string journal_error;
  std::optional<FileOwner> owner;  ///< of the folder
  std::optional<WriteProbe> probe;
  std::optional<std::uint64_t> free_bytes;
  bool has_database = false;
  bool has_mark = false;          ///< .zimu in the data folder
  bool has_uploads_mark = false;  ///< .zimu in uploads
  std::vector<FileOwner> files;   ///< the database's files and Zimu's folders, those that are there
  SchemaState schema = SchemaState::kUnknown;
  int schema_version = 0;
  std::string schema_error;  ///< the sentence of a newer or foreign database
  std::string schema_fix;
};

/// `schema_known`: the running server knows its schema and must not open its own database a second time by
/// hand (closing any descriptor of that file would drop SQLite's locks); 0 lets the file be asked.
DataFacts look_at_data(const config::Config& config, const Places& places, int schema_known);

/// Pure.
Check judge_data(const DataFacts& facts, const Ids& ids, const Platform& platform);

WriteProbe probe_writing(const std::filesystem::path& folder);

}  // namespace zimu::doctor
