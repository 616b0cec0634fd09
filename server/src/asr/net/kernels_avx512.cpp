#if defined(__x86_64__)
#define ZIMU_KERNELS kernels_avx512
#define ZIMU_KERNELS_NAME "avx512"
#include "asr/net/kernels.inc"
#endif
