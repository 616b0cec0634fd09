#include "storage/journal_mode.hpp"

#include <sys/statfs.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/file.hpp"

namespace zimu::storage {
namespace {

constexpr std::array<std::string_view, 30> kUnsafe{
    // WSL2 /mnt/c and friends: SQLITE_IOERR_SHMOPEN, "locking protocol".
    "9p", "v9fs", "drvfs",
    // Docker Desktop, OrbStack and Podman machine on macOS: pages of zeroes, no error.
    "virtiofs", "fuse.virtiofs", "fakeowner", "grpcfuse", "fuse.grpcfuse", "osxfs", "fuse.osxfs",
    // Network and cluster file systems: https://sqlite.org/wal.html, "does not work over a network filesystem".
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "beegfs", "gfs2", "ocfs2",
    "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.glusterfs",
    // Shared folders of virtual machines.
    "vboxsf", "vmhgfs", "prl_fs"};

constexpr std::array<std::string_view, 3> kSafeFuse{"fuse.fuse-overlayfs", "fuse-overlayfs", "fuseblk"};

// Docker Desktop binds Windows folders through here under the type of the virtual machine's own disk.
constexpr std::string_view kDesktopBindMounts = "docker-desktop-bind-mounts";

constexpr std::string_view kMoveAction =
    "keep the data folder on a local disk: in a container use the named volume, on WSL2 a folder inside Linux "
    "(not under /mnt)";

// proc_pid_mountinfo(5): space, tab, newline and backslash are written as \040 \011 \012 \134.
std::string unescape(std::string_view text) {
  std::string out;
  const auto octal = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '7'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
      const int value = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
      out += static_cast<char>(value & 0xff);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::optional<MountEntry> parse_line(std::string_view line) {
  std::vector<std::string_view> fields;
  while (!line.empty()) {
    const auto end = std::min(line.find(' '), line.size());
    if (end > 0) fields.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  // id parent major:minor root mount-point options [optional fields …] - type source options
  constexpr std::size_t kFixedFields = 6;
  if (fields.size() < kFixedFields) return std::nullopt;
  const auto separator =
      std::find(fields.begin() + static_cast<std::ptrdiff_t>(kFixedFields), fields.end(), std::string_view("-"));
  if (separator == fields.end() || separator + 1 == fields.end()) return std::nullopt;
  MountEntry entry{unescape(fields[3]), unescape(fields[4]), unescape(*(separator + 1)), std::string(fields[5])};
  if (entry.mount_point.empty() || entry.mount_point.front() != '/') return std::nullopt;
  return entry;
}

bool covers(std::string_view mount_point, std::string_view path) {
  if (mount_point == "/") return path.starts_with('/');
  return path.starts_with(mount_point) && (path.size() == mount_point.size() || path[mount_point.size()] == '/');
}

// Only where mountinfo is missing: on 9p statfs may answer with the type behind it.
std::optional<std::string> file_system_from_statfs(const std::filesystem::path& folder) {
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0) return std::nullopt;
  switch (static_cast<std::uint32_t>(info.f_type)) {
    case 0x01021997:
      return "9p";
    case 0x6969:
      return "nfs";
    case 0xFF534D42:
    case 0xFE534D42:
      return "cifs";
    case 0x65735546:
      return "fuse.unknown";
    case 0x6A656A63:
      return "fakeowner";
    case 0xEF53:
      return "ext4";
    case 0x58465342:
      return "xfs";
    case 0x9123683E:
      return "btrfs";
    case 0x2FC12FC1:
      return "zfs";
    case 0x01021994:
      return "tmpfs";
    case 0x794C7630:
      return "overlay";
    default:
      return std::nullopt;
  }
}

Result<JournalDecision> decide(std::string_view requested, const std::optional<MountEntry>& mount,
                               const std::filesystem::path& path) {
  if (requested != "auto" && requested != "wal" && requested != "delete") {
    return fail(ErrorCode::kInvalidArgument, fmt::format("ZIMU_JOURNAL_MODE is '{}'", requested),
                "use auto, wal or delete");
  }
  JournalDecision decision;
  bool desktop_bind = false;
  if (mount) {
    decision.file_system = mount->file_system;
    decision.mount_point = mount->mount_point;
    desktop_bind = mount->root.find(kDesktopBindMounts) != std::string::npos;
  }
  desktop_bind = desktop_bind || path.native().find(kDesktopBindMounts) != std::string::npos;
  decision.safe = mount.has_value() && !desktop_bind && is_safe_for_wal(mount->file_system);

  const std::string place =
      mount ? fmt::format("{} is on {}{}", path.string(), mount->file_system,
                          desktop_bind ? " behind a Docker Desktop bind mount" : "")
            : fmt::format("the file system of {} is unknown", path.string());
  if (requested == "wal") {
    decision.mode = JournalMode::kWal;
    decision.warn = !decision.safe;
    decision.reason = decision.safe ? fmt::format("WAL was asked for; {}", place)
                                    : fmt::format("WAL was asked for although {}, where it can damage the database", place);
    if (decision.warn) decision.action = "set ZIMU_JOURNAL_MODE=auto, or " + std::string(kMoveAction);
    return decision;
  }
  if (requested == "delete") {
    decision.reason = fmt::format("a rollback journal was asked for; {}", place);
    return decision;
  }
  if (decision.safe) {
    decision.mode = JournalMode::kWal;
    decision.reason = fmt::format("{}, which is fit for WAL", place);
    return decision;
  }
  decision.warn = true;
  decision.reason = fmt::format("{}, where WAL is not safe: a rollback journal is used", place);
  decision.action = kMoveAction;
  return decision;
}

}  // namespace

std::string_view journal_mode_name(JournalMode mode) noexcept {
  return mode == JournalMode::kWal ? "wal" : "delete";
}

std::span<const std::string_view> unsafe_file_systems() noexcept { return kUnsafe; }

bool is_safe_for_wal(std::string_view file_system) noexcept {
  if (std::find(kUnsafe.begin(), kUnsafe.end(), file_system) != kUnsafe.end()) return false;
  if (std::find(kSafeFuse.begin(), kSafeFuse.end(), file_system) != kSafeFuse.end()) return true;
  // A FUSE type without a name here may be anything; the rollback journal is only slower.
  return !file_system.empty() && file_system != "fuse" && !file_system.starts_with("fuse.");
}

std::optional<MountEntry> find_mount(std::string_view mountinfo, const std::filesystem::path& real_path) {
  std::optional<MountEntry> best;
  while (!mountinfo.empty()) {
    const auto end = std::min(mountinfo.find('\n'), mountinfo.size());
    auto entry = parse_line(mountinfo.substr(0, end));
    mountinfo.remove_prefix(std::min(end + 1, mountinfo.size()));
    if (!entry || !covers(entry->mount_point, real_path.native())) continue;
    if (!best || entry->mount_point.size() >= best->mount_point.size()) best = std::move(entry);
  }
  return best;
}

Result<JournalDecision> decide_journal_mode(std::string_view requested, std::string_view mountinfo,
                                            const std::filesystem::path& real_path) {
  return decide(requested, find_mount(mountinfo, real_path), real_path);
}

Result<JournalDecision> probe_journal_mode(std::string_view requested, const std::filesystem::path& mountinfo_path,
                                           const std::filesystem::path& folder) {
  std::error_code ec;
  const auto real = std::filesystem::canonical(folder, ec);
  if (ec) return std::unexpected(error_from_errno(ec.value(), fmt::format("cannot find folder {}", folder.string())));
  if (const auto mountinfo = read_file(mountinfo_path)) return decide_journal_mode(requested, *mountinfo, real);
  std::optional<MountEntry> mount;
  if (auto type = file_system_from_statfs(real)) mount = MountEntry{"/", "", std::move(*type)};
  return decide(requested, mount, real);
}

}  // namespace zimu::storage
