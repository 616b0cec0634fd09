#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace zimu::asr::vad {

/// The numbers that tools/build_silero.sh made, in its order.
class WeightReader {
 public:
  WeightReader();  ///< at the first
  std::span<const float> next(std::size_t count);

 private:
  std::vector<float> values_;
  std::size_t at_ = 0;
};

}  // namespace zimu::asr::vad
