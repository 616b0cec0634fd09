#pragma once
#include <cstddef>
#include <span>

namespace zimu::asr {

/// Of no samples: 0.
inline double mean_square(std::span<const float> samples) {
  double sums[4] = {};  // four at a time: each waits for the one before it
  std::size_t i = 0;
  for (; i + 4 <= samples.size(); i += 4) {
    for (std::size_t k = 0; k < 4; ++k) sums[k] += static_cast<double>(samples[i + k]) * static_cast<double>(samples[i + k]);
  }
  for (const float sample : samples.subspan(i)) sums[0] += static_cast<double>(sample) * static_cast<double>(sample);
  const double sum = sums[0] + sums[1] + sums[2] + sums[3];
  return samples.empty() ? 0 : sum / static_cast<double>(samples.size());
}

}  // namespace zimu::asr
