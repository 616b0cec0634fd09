#if defined(__AVX512F__)
#define WIDTH 16
#define ROWS 10
#include "asr/vad/kernels_body.hpp"

namespace zimu::asr::vad {

extern const Kernels kAvx512Kernels;
const Kernels kAvx512Kernels{"avx512", product, recur, spectra};

}  // namespace zimu::asr::vad
#endif
