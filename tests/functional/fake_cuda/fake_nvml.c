/* A libnvidia-ml.so.1 without a GPU: answers what fake_state.h reads. Signatures as in the NVML API reference.
 *   gcc -shared -fPIC -o libnvidia-ml.so.1 fake_nvml.c */
#include "fake_state.h"

struct memory {
  unsigned long long total, free, used;
};

int nvmlInit_v2(void) {
  fake_enter("nvmlInit");
  return (int)fake_number("nvml", 0);
}

int nvmlSystemGetDriverVersion(char *version, unsigned size) {
  if (!fake_text("driver", version, size)) snprintf(version, size, "575.57.08");
  return 0;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
  *count = (unsigned)fake_number("count", 1);
  return (int)fake_number("nvml_count", 0);
}

int nvmlDeviceGetHandleByPciBusId_v2(const char *id, void **handle) {
  *handle = (void *)1;
  return strncmp(id, "0000:", 5) == 0 ? 0 : 6;
}

int nvmlDeviceGetMemoryInfo(void *handle, struct memory *memory) {
  if (handle != (void *)1) return 2;
  memory->total = (unsigned long long)fake_number("memory", 24LL << 30);
  memory->free = (unsigned long long)fake_number("memory_free", 20LL << 30);
  memory->used = memory->total - memory->free;
  return 0;
}
