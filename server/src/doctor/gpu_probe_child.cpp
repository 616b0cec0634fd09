// The side of the GPU probe that loads NVIDIA's libraries. CUDA Driver API reference §6.2-6.13; NVML API
// reference.
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "doctor/driver_library.hpp"
#include "doctor/gpu_probe.hpp"

namespace zimu::doctor {
namespace {

constexpr int kMajorAttribute = 75;  // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
constexpr int kMinorAttribute = 76;
constexpr std::size_t kComputeBytes = 32U << 20U;
constexpr unsigned kPattern = 0x5A494D55;

/// Flushed at once: the last line tells where a call hung.
template <class... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
  std::string line = fmt::format(format, std::forward<Args>(args)...);
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::puts(line.c_str());
  std::fflush(stdout);
}

void die_quietly() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) ::signal(number, SIG_DFL);
}

struct NvmlMemory {
  unsigned long long total = 0;
  unsigned long long free = 0;
  unsigned long long used = 0;
};

void ask_nvml(const DriverLibrary& nvml) {
  say("step nvmlInit");
  int status = nvml.call("nvmlInit_v2");
  std::array<char, 96> version{};
  if (status == 0) {
    say("step nvmlSystemGetDriverVersion");
    status =
        nvml.call("nvmlSystemGetDriverVersion", version.data(), static_cast<unsigned>(version.size() - 1));
  }
  unsigned count = 0;
  if (status == 0) status = nvml.call("nvmlDeviceGetCount_v2", &count);
  say("nvml {}", status);
  if (version[0] != '\0') say("driver {}", version.data());
}

NvmlMemory memory_of(const DriverLibrary& cuda, const DriverLibrary& nvml, int device) {
  std::array<char, 64> bus{};
  void* handle = nullptr;
  NvmlMemory memory;
  if (!nvml || cuda.call("cuDeviceGetPCIBusId", bus.data(), static_cast<int>(bus.size() - 1), device) != 0)
    return memory;
  if (nvml.call("nvmlDeviceGetHandleByPciBusId_v2", static_cast<const char*>(bus.data()), &handle) != 0)
    return memory;
  if (nvml.call("nvmlDeviceGetMemoryInfo", handle, &memory) != 0) return {};
  return memory;
}

void tell_device(const DriverLibrary& cuda, const DriverLibrary& nvml, int index) {
  int device = 0;
  if (cuda.call("cuDeviceGet", &device, index) != 0) return;
  std::array<char, 256> name{};
  int major = 0;
  int minor = 0;
  cuda.call("cuDeviceGetName", name.data(), static_cast<int>(name.size() - 1), device);
  cuda.call("cuDeviceGetAttribute", &major, kMajorAttribute, device);
  cuda.call("cuDeviceGetAttribute", &minor, kMinorAttribute, device);
  const NvmlMemory memory = memory_of(cuda, nvml, device);
  say("device {} {} {} {} {}", major, minor, memory.total, memory.free, name.data());
}

/// Memory of the first GPU is taken, filled by it, and read back.
void try_to_compute(const DriverLibrary& cuda) {
  int device = 0;
  void* context = nullptr;
  unsigned long long memory = 0;
  unsigned last_word = 0;
  const char* step = "";
  const auto run = [&](const char* name, auto... arguments) {
    say("step {}", step = name);
    return cuda.call(name, arguments...);
  };
  int status = run("cuDeviceGet", &device, 0);
  if (status == 0) status = run("cuDevicePrimaryCtxRetain", &context, device);
  if (status == 0) status = run("cuCtxSetCurrent", context);
  if (status == 0) status = run("cuMemAlloc_v2", &memory, kComputeBytes);
  if (status == 0) status = run("cuMemsetD32_v2", memory, kPattern, kComputeBytes / sizeof(unsigned));
  if (status == 0) {
    status = run("cuMemcpyDtoH_v2", static_cast<void*>(&last_word), memory + kComputeBytes - sizeof(unsigned),
                 sizeof(unsigned));
  }
  if (status == 0 && last_word != kPattern) {
    status = -2;
    step = "what the GPU wrote is not what came back";
  }
  say("compute {} {}", status, step);
  if (memory != 0) cuda.call("cuMemFree_v2", memory);
  if (context != nullptr) cuda.call("cuDevicePrimaryCtxRelease_v2", device);
}

}  // namespace

int probe_gpu_here(const Places& places, ProbeDepth depth) {
  die_quietly();
  say("step load libnvidia-ml");
  const DriverLibrary nvml(places.libnvml);
  if (nvml) ask_nvml(nvml);

  say("step load libcuda");
  const DriverLibrary cuda(places.libcuda);
  if (!cuda) {
    say("libcuda_error {}", cuda.error());
    say("step end");
    return 0;
  }
  say("libcuda found");
  int version = 0;
  cuda.call("cuDriverGetVersion", &version);
  say("cuda {}", version);
  say("step cuInit");
  const int status = cuda.call("cuInit", 0U);
  say("init {}", status);
  if (status == 0) {
    int count = 0;
    say("step cuDeviceGetCount");
    const int counted = cuda.call("cuDeviceGetCount", &count);
    say("count {}", counted);
    if (counted != 0) count = 0;
    for (int i = 0; i < count; ++i) tell_device(cuda, nvml, i);
    if (count > 0 && depth == ProbeDepth::kDeep) try_to_compute(cuda);
  }
  std::error_code ec;
  if (const auto backend = places.backends / "libggml-cuda.so"; std::filesystem::exists(backend, ec)) {
    say("step load libggml-cuda.so");
    if (const DriverLibrary loaded(backend.string()); !loaded) say("backend_error {}", loaded.error());
  }
  say("step end");
  return 0;
}

}  // namespace zimu::doctor
