#pragma once
#include <filesystem>
#include <string>

namespace zimu::doctor {

/// Where the machine is looked at. Each has its usual place; tests put another in ZIMU_TEST_<NAME>.
struct Places {
  std::filesystem::path mountinfo;       ///< ZIMU_TEST_MOUNTINFO      /proc/self/mountinfo
  std::filesystem::path proc_version;    ///< ZIMU_TEST_PROC_VERSION   /proc/version
  std::filesystem::path proc_status;     ///< ZIMU_TEST_PROC_STATUS    /proc/self/status
  std::filesystem::path uid_map;         ///< ZIMU_TEST_UID_MAP        /proc/self/uid_map
  std::filesystem::path nvidia_version;  ///< ZIMU_TEST_PROC_NVIDIA    /proc/driver/nvidia/version
  std::filesystem::path os_release;      ///< ZIMU_TEST_OS_RELEASE     /etc/os-release
  std::filesystem::path resolv_conf;     ///< ZIMU_TEST_RESOLV_CONF    /etc/resolv.conf
  std::filesystem::path dev;             ///< ZIMU_TEST_DEV            /dev
  std::filesystem::path wsl_lib;         ///< ZIMU_TEST_WSL_LIB        /usr/lib/wsl/lib
  std::filesystem::path cgroup;          ///< ZIMU_TEST_CGROUP         /sys/fs/cgroup
  std::filesystem::path docker_mark;     ///< ZIMU_TEST_DOCKER_MARK    /.dockerenv
  std::filesystem::path podman_mark;     ///< ZIMU_TEST_PODMAN_MARK    /run/.containerenv
  std::filesystem::path program;         ///< this program, for the GPU probe; not overridable
  std::filesystem::path backends;        ///< ZIMU_TEST_BACKENDS       the program's folder: libggml-cuda.so
  std::string libcuda;                   ///< ZIMU_TEST_LIBCUDA        libcuda.so.1
  std::string libnvml;                   ///< ZIMU_TEST_LIBNVML        libnvidia-ml.so.1
};

Places usual_places();

/// A variable's text; empty when it is not set.
std::string environment(const char* name);

}  // namespace zimu::doctor
