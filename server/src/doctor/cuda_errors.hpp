#pragma once
#include <string>

/// The numbers that NVIDIA's libraries answer with, told as a cause and a remedy.
namespace zimu::doctor {

struct DriverError {
  std::string code;  ///< of the finding: "gpu.versions_differ"
  std::string
      cause;  ///< "CUDA error 803: the driver in the kernel and its library are of different versions"
  std::string fix;
};

/// CUresult of the CUDA driver API (cuda.h); 0 must not be asked.
DriverError explain_cuda_error(int number, bool in_container);
/// nvmlReturn_t (nvml.h); 0 must not be asked.
DriverError explain_nvml_error(int number, bool in_container);

/// The container lost its GPU: what brings it back, and what keeps it from happening again.
std::string recreate_container_fix(bool in_container);

}  // namespace zimu::doctor
