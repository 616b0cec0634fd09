#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/check.hpp"
#include "doctor/places.hpp"

namespace zimu::doctor {

/// Where this process runs.
struct Platform {
  std::string kernel;  ///< "Linux 6.1.0-18-amd64 x86_64"
  std::string system;  ///< "Ubuntu 24.04.1 LTS"
  bool wsl = false;
  bool docker = false;
  bool podman = false;
  bool desktop = false;   ///< Docker Desktop or a machine like it
  bool user_ns = false;   ///< ids in here are not those of the host: rootless, or userns-remap
  bool rootless = false;  ///< container root is an ordinary user of the host
  std::optional<std::uint64_t> memory_limit;  ///< bytes, of the cgroup
  std::optional<double> cpu_limit;            ///< cores, of the cgroup

  bool container() const { return docker || podman; }
};

Platform look_at_platform(const Places& places);

/// Pure: the first line of /proc/self/uid_map, "0 1000 1".
struct UidMap {
  bool identity = true;
  bool root_is_user = false;  ///< 0 in here is somebody else outside
};
UidMap parse_uid_map(std::string_view text);

/// The proxy variables that are set: "http_proxy=http://***@proxy:3128".
std::vector<std::string> proxy_variables();
/// A URL without its user and password.
std::string without_password(std::string url);

Check check_platform(const Platform& platform);

}  // namespace zimu::doctor
