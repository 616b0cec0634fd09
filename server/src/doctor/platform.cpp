#include "doctor/platform.hpp"

#include <fmt/ranges.h>
#include <sys/utsname.h>

#include <cstdlib>

#include "base/file.hpp"

namespace zimu::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSmallFile = 1U << 20U;
constexpr std::uint64_t kNoLimit = 1ULL << 60U;  // cgroup v1 writes a huge number for "none"
constexpr std::uint64_t kLeastMemory = 1ULL << 30U;

std::string text_of(const fs::path& path) {
  return read_file(path, kSmallFile).value_or("");
}

bool is_there(const fs::path& path) {
  std::error_code ec;
  return fs::exists(path, ec);
}

/// NAME="value" of os-release.
std::string pretty_name(std::string_view text) {
  constexpr std::string_view kKey = "PRETTY_NAME=";
  const auto at = text.find(kKey);
  if (at == std::string_view::npos) return {};
  std::string value(text.substr(at + kKey.size(), text.find('\n', at) - at - kKey.size()));
  std::erase(value, '"');
  return value;
}

std::optional<std::uint64_t> number(const std::string& text) {
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text.c_str(), &end, 10);
  if (end == text.c_str() || value >= kNoLimit) return std::nullopt;
  return value;
}

void read_limits(const fs::path& cgroup, Platform& platform) {
  platform.memory_limit = number(text_of(cgroup / "memory.max"));
  if (!platform.memory_limit)
    platform.memory_limit = number(text_of(cgroup / "memory/memory.limit_in_bytes"));
  std::string quota = text_of(cgroup / "cpu.max");  // "200000 100000" or "max 100000"
  if (quota.empty()) {
    quota = text_of(cgroup / "cpu/cpu.cfs_quota_us") + " " + text_of(cgroup / "cpu/cpu.cfs_period_us");
  }
  char* rest = nullptr;
  const double micros = std::strtod(quota.c_str(), &rest);
  const double period = std::strtod(rest, nullptr);
  if (micros > 0 && period > 0) platform.cpu_limit = micros / period;
}

bool looks_like_desktop(const std::string& kernel, const std::string& mountinfo) {
  if (kernel.find("linuxkit") != std::string::npos || kernel.find("orbstack") != std::string::npos)
    return true;
  for (const char* mark : {" - fakeowner ", " - fuse.grpcfuse ", " - grpcfuse ", "docker-desktop"}) {
    if (mountinfo.find(mark) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

UidMap parse_uid_map(std::string_view text) {
  const std::string line(text.substr(0, text.find('\n')));
  char* rest = nullptr;
  const auto inside = std::strtoull(line.c_str(), &rest, 10);
  if (rest == line.c_str()) return {};
  const auto outside = std::strtoull(rest, &rest, 10);
  const auto count = std::strtoull(rest, nullptr, 10);
  constexpr unsigned long long kEveryUid = 4294967295ULL;
  UidMap map;
  map.identity = inside == 0 && outside == 0 && count >= kEveryUid;
  map.root_is_user = inside == 0 && outside != 0;
  return map;
}

Platform look_at_platform(const Places& places) {
  Platform platform;
  struct utsname info{};
  ::uname(&info);
  platform.kernel = fmt::format("{} {} {}", info.sysname, info.release, info.machine);
  platform.system = pretty_name(text_of(places.os_release));
  const std::string version = text_of(places.proc_version);
  platform.wsl = version.find("icrosoft") != std::string::npos;
  platform.docker = is_there(places.docker_mark);
  platform.podman = is_there(places.podman_mark);
  platform.desktop = looks_like_desktop(version, text_of(places.mountinfo));
  const UidMap map = parse_uid_map(text_of(places.uid_map));
  platform.user_ns = !map.identity;
  platform.rootless = map.root_is_user || text_of(places.podman_mark).find("rootless=1") != std::string::npos;
  read_limits(places.cgroup, platform);
  return platform;
}

std::string without_password(std::string url) {
  const auto scheme = url.find("://");
  const auto from = scheme == std::string::npos ? 0 : scheme + 3;
  const auto at = url.find_last_of('@', url.find('/', from));
  if (at != std::string::npos && at >= from) url.replace(from, at - from, "***");
  return url;
}

std::vector<std::string> proxy_variables() {
  std::vector<std::string> set;
  for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                           "no_proxy", "NO_PROXY"}) {
    const std::string value = environment(name);
    if (!value.empty()) set.push_back(fmt::format("{}={}", name, without_password(value)));
  }
  return set;
}

Check check_platform(const Platform& platform) {
  Check check{"platform"};
  check.fact(platform.kernel);
  if (!platform.system.empty()) check.fact(platform.system);
  if (platform.wsl) check.fact("WSL2");
  if (platform.docker) check.fact(platform.desktop ? "Docker Desktop" : "Docker");
  if (platform.podman) check.fact("Podman");
  if (platform.rootless) {
    check.fact("rootless (root in here is an ordinary user of the host)");
  } else if (platform.user_ns) {
    check.fact("a user namespace (ids in here differ from the host's)");
  }
  if (platform.cpu_limit) check.fact(fmt::format("{:.1f} cores allowed", *platform.cpu_limit));
  if (platform.memory_limit) {
    check.fact(fmt::format("{:.1f} GB memory allowed", static_cast<double>(*platform.memory_limit) / 1e9));
    if (*platform.memory_limit < kLeastMemory) {
      check.degraded("platform.little_memory",
          "the container may use less than 1 GiB of memory: the model base needs about that much",
                     "raise mem_limit in the compose file, or set ZIMU_MODEL=tiny");
    }
  }
  for (std::string& variable : proxy_variables()) check.fact(std::move(variable));
  return check;
}

}  // namespace zimu::doctor
