#include "doctor/places.hpp"

#include <cstdlib>

namespace zimu::doctor {
namespace {

std::string place(const char* variable, const std::string& usual) {
  const std::string other = environment(variable);
  return other.empty() ? usual : other;
}

}  // namespace

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

Places usual_places() {
  Places p;
  p.mountinfo = place("ZIMU_TEST_MOUNTINFO", "/proc/self/mountinfo");
  p.proc_version = place("ZIMU_TEST_PROC_VERSION", "/proc/version");
  p.proc_status = place("ZIMU_TEST_PROC_STATUS", "/proc/self/status");
  p.uid_map = place("ZIMU_TEST_UID_MAP", "/proc/self/uid_map");
  p.nvidia_version = place("ZIMU_TEST_PROC_NVIDIA", "/proc/driver/nvidia/version");
  p.os_release = place("ZIMU_TEST_OS_RELEASE", "/etc/os-release");
  p.resolv_conf = place("ZIMU_TEST_RESOLV_CONF", "/etc/resolv.conf");
  p.dev = place("ZIMU_TEST_DEV", "/dev");
  p.wsl_lib = place("ZIMU_TEST_WSL_LIB", "/usr/lib/wsl/lib");
  p.cgroup = place("ZIMU_TEST_CGROUP", "/sys/fs/cgroup");
  p.docker_mark = place("ZIMU_TEST_DOCKER_MARK", "/.dockerenv");
  p.podman_mark = place("ZIMU_TEST_PODMAN_MARK", "/run/.containerenv");
  std::error_code ec;
  p.program = std::filesystem::read_symlink("/proc/self/exe", ec);
  p.backends = place("ZIMU_TEST_BACKENDS", p.program.parent_path().string());
  p.libcuda = place("ZIMU_TEST_LIBCUDA", "libcuda.so.1");
  p.libnvml = place("ZIMU_TEST_LIBNVML", "libnvidia-ml.so.1");
  return p;
}

}  // namespace zimu::doctor
