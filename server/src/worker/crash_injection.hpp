#pragma once
#include <cstdint>

namespace zimu::worker {

/// For tests of those who supervise a worker: with ZIMU_WORKER_CRASH_AT_WINDOW=N the process dies just before it
/// reports window N, by ZIMU_WORKER_CRASH_SIGNAL (SEGV, KILL, ABRT; default ABRT). Does nothing otherwise.
void crash_if_asked(std::int64_t window);

}  // namespace zimu::worker
