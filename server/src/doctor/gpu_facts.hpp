#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/cuda_archs.hpp"
#include "doctor/platform.hpp"

namespace zimu::doctor {

struct GpuDevice {
  std::string name;
  int major = 0;  ///< compute capability
  int minor = 0;
  std::uint64_t total_bytes = 0;  ///< 0: NVML did not tell
  std::uint64_t free_bytes = 0;
};

/// What NVIDIA's libraries answered to the probe, a process of its own (gpu_probe.hpp).
struct GpuProbe {
  std::string step;  ///< the last call that was begun
  std::string
      ended;  ///< empty: it came to its end. Else "did not answer within 15 s", "crashed (signal 11)" …
  bool libcuda = false;
  std::string libcuda_error;  ///< of dlopen
  std::string backend_error;  ///< of dlopen of libggml-cuda.so; empty when it loads or was not asked
  std::optional<int> nvml_status;
  std::string driver;  ///< "570.86.10" from NVML
  std::optional<int> init_status;
  int cuda_version = 0;  ///< 12080 is CUDA 12.8
  int count_status = 0;
  std::vector<GpuDevice> devices;
  std::optional<int> compute_status;  ///< memory taken, filled and read back on the first GPU
  std::string compute_step;
};

/// Everything the verdict is made from.
struct GpuFacts {
  std::string wanted = "auto";  ///< ZIMU_DEVICE
  Platform platform;
  std::vector<std::string> nodes;    ///< "nvidia0", "nvidiactl", "dxg" … in /dev
  std::vector<std::string> refused;  ///< those that this user may not open
  std::string kernel_driver;  ///< version of the driver in the kernel, seen through /proc also in containers
  bool wsl_libcuda = false;   ///< /usr/lib/wsl/lib/libcuda.so.1 is there
  std::string visible_devices;  ///< NVIDIA_VISIBLE_DEVICES
  std::string capabilities;     ///< NVIDIA_DRIVER_CAPABILITIES
  bool backend = false;         ///< libggml-cuda.so is beside the program
  bool own_worker = false;      ///< ZIMU_WORKER_COMMAND: another worker, with another engine
  CudaBuild build;
  GpuProbe probe;

  bool has_node(std::string_view name) const;
  bool requested() const;  ///< somebody asked for a GPU for this container
};

/// What the probe printed → facts. Lines it does not know are skipped; safe on any bytes.
GpuProbe parse_probe(std::string_view text);

/// "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu …" → "535.129.03".
std::string kernel_driver_version(std::string_view text);

}  // namespace zimu::doctor
