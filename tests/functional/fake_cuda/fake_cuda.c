/* A libcuda.so.1 without a GPU: answers what fake_state.h reads. Signatures as in the CUDA driver API reference.
 *   gcc -shared -fPIC -o libcuda.so.1 fake_cuda.c */
#include "fake_state.h"

typedef int CUresult;
typedef int CUdevice;
typedef unsigned long long CUdeviceptr;

static unsigned *card_memory;
static size_t card_words;

CUresult cuInit(unsigned flags) {
  (void)flags;
  fake_enter("cuInit");
  return (CUresult)fake_number("init", 0);
}

CUresult cuDriverGetVersion(int *version) {
  fake_enter("cuDriverGetVersion");
  *version = (int)fake_number("cuda", 12090);
  return 0;
}

CUresult cuDeviceGetCount(int *count) {
  fake_enter("cuDeviceGetCount");
  *count = (int)fake_number("count", 1);
  return (CUresult)fake_number("count_error", 0);
}

CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  if (ordinal >= fake_number("count", 1)) return 101;
  *device = ordinal;
  return 0;
}

CUresult cuDeviceGetName(char *name, int size, CUdevice device) {
  (void)device;
  if (!fake_text("name", name, (size_t)size)) snprintf(name, (size_t)size, "Fake RTX 4090");
  return 0;
}

CUresult cuDeviceGetAttribute(int *value, int attribute, CUdevice device) {
  (void)device;
  if (attribute == 75) *value = (int)fake_number("major", 8);
  else if (attribute == 76) *value = (int)fake_number("minor", 9);
  else return 1;
  return 0;
}

CUresult cuDeviceGetPCIBusId(char *id, int size, CUdevice device) {
  snprintf(id, (size_t)size, "0000:%02x:00.0", (unsigned)device + 1);
  return 0;
}

CUresult cuDevicePrimaryCtxRetain(void **context, CUdevice device) {
  (void)device;
  fake_enter("cuDevicePrimaryCtxRetain");
  *context = &card_memory;
  return (CUresult)fake_number("context", 0);
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  (void)device;
  return 0;
}

CUresult cuCtxSetCurrent(void *context) { return context == &card_memory ? 0 : 201; }

CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
  CUresult error = (CUresult)fake_number("alloc", 0);
  fake_enter("cuMemAlloc");
  if (error != 0) return error;
  card_memory = calloc(1, bytes);
  card_words = bytes / sizeof *card_memory;
  *address = (CUdeviceptr)(size_t)card_memory;
  return card_memory != NULL ? 0 : 2;
}

CUresult cuMemsetD32_v2(CUdeviceptr address, unsigned value, size_t count) {
  unsigned *words = (unsigned *)(size_t)address;
  if (count > card_words) return 1;
  if (fake_number("lame", 0) != 0) return 0; /* says that it did, and did not */
  for (size_t i = 0; i < count; ++i) words[i] = value;
  return (CUresult)fake_number("launch", 0);
}

CUresult cuMemcpyDtoH_v2(void *target, CUdeviceptr source, size_t bytes) {
  memcpy(target, (void *)(size_t)source, bytes);
  return 0;
}

CUresult cuMemFree_v2(CUdeviceptr address) {
  free((void *)(size_t)address);
  return 0;
}
