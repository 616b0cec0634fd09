#define ZIMU_KERNELS kernels_base
#define ZIMU_KERNELS_NAME "base"
#include "asr/net/kernels.inc"
