// For any processor: four floats at a time, which every 64-bit x86 and ARM has.
#define WIDTH 4
#if defined(__aarch64__)
#define ROWS 5
#else
#define ROWS 2
#endif
#include "asr/vad/kernels_body.hpp"

namespace zimu::asr::vad {

extern const Kernels kPlainKernels;
const Kernels kPlainKernels{"plain", product, recur, spectra};

}  // namespace zimu::asr::vad
