#include "doctor/ids.hpp"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/file.hpp"
#include "storage/journal_mode.hpp"

namespace zimu::doctor {
namespace {

constexpr std::uint64_t kSmallFile = 1U << 20U;

// capabilities(7), in the order of their numbers.
constexpr std::array<std::string_view, 41> kCapabilities{"CHOWN",
                                                         "DAC_OVERRIDE",
                                                         "DAC_READ_SEARCH",
                                                         "FOWNER",
                                                         "FSETID",
                                                         "KILL",
                                                         "SETGID",
                                                         "SETUID",
                                                         "SETPCAP",
                                                         "LINUX_IMMUTABLE",
                                                         "NET_BIND_SERVICE",
                                                         "NET_BROADCAST",
                                                         "NET_ADMIN",
                                                         "NET_RAW",
                                                         "IPC_LOCK",
                                                         "IPC_OWNER",
                                                         "SYS_MODULE",
                                                         "SYS_RAWIO",
                                                         "SYS_CHROOT",
                                                         "SYS_PTRACE",
                                                         "SYS_PACCT",
                                                         "SYS_ADMIN",
                                                         "SYS_BOOT",
                                                         "SYS_NICE",
                                                         "SYS_RESOURCE",
                                                         "SYS_TIME",
                                                         "SYS_TTY_CONFIG",
                                                         "MKNOD",
                                                         "LEASE",
                                                         "AUDIT_WRITE",
                                                         "AUDIT_CONTROL",
                                                         "SETFCAP",
                                                         "MAC_OVERRIDE",
                                                         "MAC_ADMIN",
                                                         "SYSLOG",
                                                         "WAKE_ALARM",
                                                         "BLOCK_SUSPEND",
                                                         "AUDIT_READ",
                                                         "PERFMON",
                                                         "BPF",
                                                         "CHECKPOINT_RESTORE"};

/// "CapEff:\t00000000a80425fb" → the value.
std::string status_field(std::string_view status, std::string_view name) {
  const auto at = status.find(name);
  if (at == std::string_view::npos) return {};
  std::string_view value = status.substr(at + name.size());
  value = value.substr(0, value.find('\n'));
  const auto first = value.find_first_not_of(" \t");
  return first == std::string_view::npos ? "" : std::string(value.substr(first));
}

std::optional<unsigned> id_number(const std::string& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const auto end = std::min(options.find(','), options.size());
    if (options.substr(0, end) == wanted) return true;
    options.remove_prefix(std::min(end + 1, options.size()));
  }
  return false;
}

void check_wanted(const Ids& ids, Check& check, const Platform& platform) {
  const auto judge = [&](const char* name, const std::string& wanted, unsigned actual) {
    if (wanted.empty()) return;
    const auto number = id_number(wanted);
    if (!number) {
      check.broken("ids.not_a_number", fmt::format("{} is \"{}\", which is no number", name, wanted),
                   fmt::format("set {} to the output of: id -{}", name, name[1] == 'U' ? 'u' : 'g'));
      return;
    }
    check.fact(fmt::format("{} {}", name, wanted));
    if (*number == actual) return;
    if (ids.uid != 0) {
      check.degraded("ids.user_fixed",
          fmt::format("{} {} is wanted, but this is {}: {} has no effect with user:", name, wanted,
                                 actual, name),
                     fmt::format("remove user: from the compose file so that the container starts as root "
                                 "and changes to {} itself, or remove {}",
                                 name, name));
    } else if (platform.container()) {
      check.degraded("ids.is_root", fmt::format("{} {} is wanted, but this is root", name, wanted),
                     "start programs through the entrypoint: docker compose exec server zimu doctor");
    }
  };
  judge("PUID", ids.wanted_uid, ids.uid);
  judge("PGID", ids.wanted_gid, ids.gid);
}

}  // namespace

std::string capability_names(const std::string& mask) {
  std::uint64_t bits = 0;
  std::from_chars(mask.data(), mask.data() + mask.size(), bits, 16);
  std::vector<std::string_view> has;
  std::vector<std::string_view> lacks;
  for (std::size_t i = 0; i < kCapabilities.size(); ++i)
    (bits >> i & 1U ? has : lacks).push_back(kCapabilities[i]);
  if (has.empty()) return "none";
  if (lacks.empty()) return "all";
  if (lacks.size() < has.size()) return fmt::format("all but {}", fmt::join(lacks, " "));
  return fmt::format("{}", fmt::join(has, " "));
}

Ids look_at_ids(const Places& places) {
  Ids ids;
  ids.uid = ::geteuid();
  ids.gid = ::getegid();
  std::array<gid_t, 256> groups{};
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  if (count > 0) ids.groups.assign(groups.begin(), groups.begin() + count);
  ids.wanted_uid = environment("PUID");
  ids.wanted_gid = environment("PGID");
  const std::string status = read_file(places.proc_status, kSmallFile).value_or("");
  ids.capabilities = status_field(status, "CapEff:");
  ids.no_new_privileges = status_field(status, "NoNewPrivs:") == "1";
  const std::string mountinfo = read_file(places.mountinfo).value_or("");
  if (const auto root = storage::find_mount(mountinfo, "/"))
    ids.read_only_root = has_option(root->options, "ro");
  return ids;
}

Check check_ids(const Ids& ids, const Platform& platform) {
  Check check{"ids"};
  check.fact(fmt::format("uid {} gid {}", ids.uid, ids.gid));
  if (!ids.groups.empty()) check.fact(fmt::format("groups {}", fmt::join(ids.groups, " ")));
  check_wanted(ids, check, platform);
  check.fact(fmt::format("root file system {}", ids.read_only_root ? "read-only" : "writable"));
  if (!ids.capabilities.empty()) check.fact("capabilities " + capability_names(ids.capabilities));
  if (ids.no_new_privileges) check.fact("no new privileges");
  if (platform.rootless && ids.uid != 0) {
    check.degraded("ids.sub_uid", 
        fmt::format("rootless: uid {} in here is a sub-uid on the host, which owns none of your files",
                    ids.uid),
        platform.podman ? "podman run --userns keep-id, or PUID=0 and PGID=0 in .env"
                        : "set PUID=0 and PGID=0 in .env: root in here is your own user");
  }
  return check;
}

}  // namespace zimu::doctor
