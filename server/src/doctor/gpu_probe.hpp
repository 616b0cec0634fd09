#pragma once
#include <chrono>
#include <stop_token>
#include <string>

#include "doctor/gpu_facts.hpp"

/// NVIDIA's libraries may hang or crash, so they are only ever loaded in a process of its own:
/// `zimu doctor --probe-gpu`, which prints what they answered and is killed when it takes too long.
namespace zimu::doctor {

enum class ProbeDepth {
  kNone,   ///< nothing is loaded: nobody wants a GPU
  kLight,  ///< questions only: may run while a worker uses the card
  kDeep,   ///< also takes some memory of the first GPU, lets it fill it, and reads it back
};

/// The probe itself. Loads the libraries into this process, prints lines for `parse_probe`.
int probe_gpu_here(const Places& places, ProbeDepth depth);

/// Runs the probe and waits for it. Blocking: seconds, at most 15. Thread: any.
GpuProbe probe_gpu(const Places& places, ProbeDepth depth, const std::stop_token& stop = {});

/// Looks around and runs the probe.
GpuFacts look_at_gpu(const Places& places, const Platform& platform, ProbeDepth depth,
                     const std::stop_token& stop = {});

}  // namespace zimu::doctor
