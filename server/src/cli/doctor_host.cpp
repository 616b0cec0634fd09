// The checks of the machine: ids, FFmpeg, GPU, platform.
#include <dlfcn.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "base/file.hpp"
#include "cli/doctor.hpp"

namespace zimu::cli {
namespace {

namespace fs = std::filesystem;

std::string find_in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const fs::path candidate = fs::path(rest.substr(0, colon)) / program;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate.string();
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
  return {};
}

std::string environment(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : fallback;
}

/// The CUDA driver API, as far as a diagnosis needs it (CUDA Driver API reference, §6.2, §6.3, §6.5).
struct Cuda {
  using Init = int (*)(unsigned);
  using Int = int (*)(int*);
  using Name = int (*)(char*, int, int);
  using Attribute = int (*)(int*, int, int);
  void* library = nullptr;
  Init init = nullptr;
  Int driver_version = nullptr;
  Int device_count = nullptr;
  Name device_name = nullptr;
  Attribute device_attribute = nullptr;
};

template <class Fn>
bool load(void* library, const char* name, Fn& fn) {
  fn = reinterpret_cast<Fn>(::dlsym(library, name));
  return fn != nullptr;
}

bool open_cuda(Cuda& cuda) {
  cuda.library = ::dlopen(environment("ZIMU_TEST_LIBCUDA", "libcuda.so.1").c_str(), RTLD_NOW | RTLD_LOCAL);
  return cuda.library != nullptr && load(cuda.library, "cuInit", cuda.init) &&
         load(cuda.library, "cuDriverGetVersion", cuda.driver_version) &&
         load(cuda.library, "cuDeviceGetCount", cuda.device_count) &&
         load(cuda.library, "cuDeviceGetName", cuda.device_name) &&
         load(cuda.library, "cuDeviceGetAttribute", cuda.device_attribute);
}

}  // namespace

Check check_ids(const config::Config&) {
  Check check{"ids", "good", fmt::format("uid {} gid {}", ::getuid(), ::getgid()), ""};
  const std::string uid = environment("PUID", "");
  if (!uid.empty() && uid != std::to_string(::getuid())) {
    check.verdict = "degraded";
    check.detail += fmt::format(", PUID asks for {}", uid);
    check.action = "start the container as root so that it can change to PUID, or drop PUID and use user:";
  }
  return check;
}

Check check_ffmpeg(const config::Config&) {
  const std::string path = find_in_path("ffmpeg");
  if (!path.empty()) return {"ffmpeg", "good", path, ""};
  return {"ffmpeg", "degraded", "no ffmpeg program in PATH (transcription does not need it, burn-in does)",
          "apt install ffmpeg"};
}

Check check_gpu(const config::Config& config) {
  const bool wanted = config.device == "cuda";
  Check check{"gpu", wanted ? "broken" : "good", "", ""};
  Cuda cuda;
  if (!open_cuda(cuda)) {
    check.detail = "no NVIDIA driver library here: the CPU is used";
    if (wanted) check.action = "install the NVIDIA driver and, for containers, nvidia-container-toolkit; or ZIMU_DEVICE=auto";
    return check;
  }
  int version = 0;
  int count = 0;
  const int status = cuda.init(0);
  cuda.driver_version(&version);
  if (status != 0 || cuda.device_count(&count) != 0 || count == 0) {
    check.verdict = wanted ? "broken" : "degraded";
    check.detail = fmt::format("driver for CUDA {}.{} is there, but no usable GPU (error {}): the CPU is used",
                               version / 1000, version % 1000 / 10, status);
    check.action = "run nvidia-smi; in containers start with docker-compose.gpu.yml";
    return check;
  }
  std::array<char, 256> name{};
  int major = 0;
  int minor = 0;
  cuda.device_name(name.data(), static_cast<int>(name.size()) - 1, 0);
  cuda.device_attribute(&major, 75, 0);  // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
  cuda.device_attribute(&minor, 76, 0);
  check.verdict = "good";
  check.detail = fmt::format("{} (sm_{}{}), driver for CUDA {}.{}", name.data(), major, minor, version / 1000,
                             version % 1000 / 10);
  return check;
}

Check check_platform(const config::Config&) {
  struct utsname info {};
  ::uname(&info);
  std::string detail = fmt::format("{} {} {}", info.sysname, info.release, info.machine);
  const auto proc = read_file(environment("ZIMU_TEST_PROC_VERSION", "/proc/version"), 1U << 16U);
  if (proc && proc->find("icrosoft") != std::string::npos) detail += ", WSL2";
  std::error_code ec;
  if (fs::exists("/.dockerenv", ec)) detail += ", Docker";
  if (fs::exists("/run/.containerenv", ec)) detail += ", Podman";
  return {"platform", "good", detail, ""};
}

}  // namespace zimu::cli
