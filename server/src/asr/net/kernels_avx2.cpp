#if defined(__x86_64__)
#define ZIMU_KERNELS kernels_avx2
#define ZIMU_KERNELS_NAME "avx2"
#include "asr/net/kernels.inc"
#endif
