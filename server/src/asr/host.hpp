#pragma once
#include <cstdint>

namespace zimu::asr {

/// Processors this process may use: affinity and the container's CPU quota counted in. At least 1.
int usable_cores();
/// Bytes the machine or the container can still give without swapping; 0 when unknown.
std::uint64_t available_memory();

}  // namespace zimu::asr
