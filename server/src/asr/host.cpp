#include "asr/host.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

namespace zimu::asr {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

/// The first number in a kernel file; `otherwise` for "max" and missing files.
std::uint64_t number_in(const char* path, std::uint64_t otherwise) {
  std::uint64_t value = 0;
  std::ifstream file(path);
  return file >> value ? value : otherwise;
}

/// CPU quota of the container in cores; 0 when there is none. cgroup v2, then v1.
double cpu_quota() {
  std::ifstream v2("/sys/fs/cgroup/cpu.max");
  double quota = 0;
  double period = 0;
  if (v2 >> quota >> period && period > 0) return quota / period;
  quota = static_cast<double>(number_in("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", 0));
  period = static_cast<double>(number_in("/sys/fs/cgroup/cpu/cpu.cfs_period_us", 0));
  // "-1" (no limit) reads as a huge unsigned number.
  return period > 0 && quota < 1e9 ? quota / period : 0;
}

std::uint64_t memory_left_in_container() {
  if (const auto limit = number_in("/sys/fs/cgroup/memory.max", kUnlimited); limit != kUnlimited) {
    const auto used = number_in("/sys/fs/cgroup/memory.current", 0);
    return limit > used ? limit - used : 0;
  }
  const auto limit = number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes", kUnlimited);
  const auto used = number_in("/sys/fs/cgroup/memory/memory.usage_in_bytes", 0);
  return limit == kUnlimited ? kUnlimited : limit > used ? limit - used : 0;
}

std::uint64_t memory_left_on_machine() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::uint64_t kilobytes = 0;
  std::string unit;
  while (file >> name >> kilobytes) {
    if (name == "MemAvailable:") return kilobytes * 1024;
    std::getline(file, unit);
  }
  return kUnlimited;
}

}  // namespace

int usable_cores() {
  int cores = static_cast<int>(std::thread::hardware_concurrency());
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) cores = CPU_COUNT(&allowed);
  if (const double quota = cpu_quota(); quota > 0) cores = std::min(cores, static_cast<int>(std::ceil(quota)));
  return std::max(cores, 1);
}

std::uint64_t available_memory() {
  const auto left = std::min(memory_left_in_container(), memory_left_on_machine());
  return left == kUnlimited ? 0 : left;
}

}  // namespace zimu::asr
