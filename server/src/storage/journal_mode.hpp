#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// Which SQLite journal suits the place of the database. WAL needs shared memory and sound flushing: on the file
/// systems that Docker Desktop, WSL2 and the network put between us and the disk it fails or damages the file in silence.
/// Decided before the first pragma, because the pragma itself already creates the -shm file.
namespace zimu::storage {

enum class JournalMode : std::uint8_t { kWal, kDelete };
std::string_view journal_mode_name(JournalMode mode) noexcept;  ///< "wal" | "delete"

/// The mount a path lies on, after proc_pid_mountinfo(5).
struct MountEntry {
  std::string root;         ///< folder of the file system that is mounted
  std::string mount_point;
  std::string file_system;  ///< "ext4", "fuse.virtiofs" …
  std::string options = {};  ///< of this mount: "ro,nosuid,…"
};

struct JournalDecision {
  JournalMode mode = JournalMode::kDelete;
  bool safe = false;        ///< the file system is fit for WAL
  bool warn = false;        ///< tell people: they want another place for the data
  std::string file_system;  ///< empty when unknown
  std::string mount_point;
  std::string reason;       ///< a sentence
  std::string action;       ///< what to do about it; empty when all is well
};

/// Types on which WAL is known to fail. Other `fuse.*` types are taken for unsafe too, but for a named few.
std::span<const std::string_view> unsafe_file_systems() noexcept;
bool is_safe_for_wal(std::string_view file_system) noexcept;

/// The mount of `real_path` (absolute, without links): longest mount point; the later line of equals covers the
/// earlier. Malformed lines are skipped.
std::optional<MountEntry> find_mount(std::string_view mountinfo, const std::filesystem::path& real_path);

/// Pure. `requested` is "auto", "wal" or "delete"; anything else is kInvalidArgument.
Result<JournalDecision> decide_journal_mode(std::string_view requested, std::string_view mountinfo,
                                            const std::filesystem::path& real_path);

/// The same for a real folder: resolves links and reads `mountinfo_path`; asks statfs(2) where that file is missing.
Result<JournalDecision> probe_journal_mode(std::string_view requested, const std::filesystem::path& mountinfo_path,
                                           const std::filesystem::path& folder);

}  // namespace zimu::storage
