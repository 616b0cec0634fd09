#include "asr/vad/kernels.hpp"

#include <vector>

namespace zimu::asr::vad {

extern const Kernels kPlainKernels;
#if defined(__x86_64__)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
#endif

std::span<const Kernels* const> usable_kernels() {
  static const std::vector<const Kernels*> kUsable = [] {
    std::vector<const Kernels*> usable;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) usable.push_back(&kAvx512Kernels);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) usable.push_back(&kAvx2Kernels);
#endif
    usable.push_back(&kPlainKernels);
    return usable;
  }();
  return kUsable;
}

}  // namespace zimu::asr::vad
