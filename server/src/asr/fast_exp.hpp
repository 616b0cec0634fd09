#pragma once
#include <bit>
#include <cstdint>

namespace zimu::asr {

/// exp(x) to within 1e-6 of itself, without branches, so that loops over it become vectors. Below -87, minus infinity
/// included, it is 1.6e-38; above 88 it is 1.7e38.
[[gnu::always_inline]] inline float fast_exp(float x) {
  constexpr float kLowest = -87;
  constexpr float kHighest = 88;
  constexpr float kLog2E = 1.44269504F;
  // ln 2 in two parts: the first has so few digits that n times it is exact.
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  constexpr float kRounder = 12582912.0F;  // 1.5 * 2^23: adding it leaves a whole number in the lowest bits
  constexpr unsigned kMantissaBits = 23;
  x = x < kLowest ? kLowest : x;
  x = x > kHighest ? kHighest : x;
  const float rounded = x * kLog2E + kRounder;
  const float n = rounded - kRounder;
  const float r = (x - n * kLn2High) - n * kLn2Low;  // exp(x) = 2^n exp(r), |r| <= ln 2 / 2
  float sum = 1.0F / 720;
  sum = sum * r + 1.0F / 120;
  sum = sum * r + 1.0F / 24;
  sum = sum * r + 1.0F / 6;
  sum = sum * r + 1.0F / 2;
  sum = sum * r + 1.0F;
  sum = sum * r + 1.0F;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(sum) + (std::bit_cast<std::uint32_t>(rounded) << kMantissaBits));
}

}  // namespace zimu::asr
