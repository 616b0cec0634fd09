#include "asr/net/kernels.hpp"

#include <cstdlib>
#include <string_view>

namespace zimu::asr {

const Kernels& kernels() {
#if defined(__x86_64__)
  static const Kernels& best = []() -> const Kernels& {
    // For tests and for whoever has to find out whether a result depends on the processor.
    const char* wish = std::getenv("ZIMU_CPU_KERNELS");
    const std::string_view wanted = wish != nullptr ? wish : "";
    __builtin_cpu_init();
    const bool fast = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                      __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
                      __builtin_cpu_supports("avx512vnni") != 0 && __builtin_cpu_supports("avx512bf16") != 0;
    const bool fair = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
    if (fast && (wanted.empty() || wanted == "avx512")) return kernels_avx512();
    if (fair && wanted != "base") return kernels_avx2();
    return kernels_base();
  }();
  return best;
#else
  return kernels_base();
#endif
}

}  // namespace zimu::asr
