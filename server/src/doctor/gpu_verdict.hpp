#pragma once
#include "doctor/check.hpp"
#include "doctor/gpu_facts.hpp"

namespace zimu::doctor {

struct GpuVerdict {
  Check check;
  bool usable = false;  ///< transcription runs on the GPU
};

/// Pure: "cuda" or "cpu", with the reason and the remedy. A GPU that cannot be used is `broken` when
/// ZIMU_DEVICE=cuda asks for it, else `degraded`; no GPU at all is good unless it was asked for.
GpuVerdict judge_gpu(const GpuFacts& facts);

}  // namespace zimu::doctor
