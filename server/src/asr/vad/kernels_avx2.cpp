#if defined(__AVX2__) && defined(__FMA__)
#define WIDTH 8
#define ROWS 5
#include "asr/vad/kernels_body.hpp"

namespace zimu::asr::vad {

extern const Kernels kAvx2Kernels;
const Kernels kAvx2Kernels{"avx2", product, recur, spectra};

}  // namespace zimu::asr::vad
#endif
