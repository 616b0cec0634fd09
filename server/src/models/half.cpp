#include "models/half.hpp"

#include <bit>

namespace zimu::models {
namespace {

constexpr std::uint32_t kLargestHalf = 0x7BFFU;          // 65504
constexpr std::uint32_t kFloatOfHalfOverflow = 0x477FF000U;  // 65520: rounds to the first value binary16 lacks
constexpr std::uint32_t kSmallestNormalHalf = 0x38800000U;   // 2^-14

}  // namespace

std::uint16_t half_from_float(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) return static_cast<std::uint16_t>(sign | 0x7E00U);  // NaN stays NaN
  if (magnitude >= kFloatOfHalfOverflow) return static_cast<std::uint16_t>(sign | kLargestHalf);
  if (magnitude < kSmallestNormalHalf) {
    // Adding 0.5 puts the subnormal's bits at the end of the mantissa, rounded by the hardware.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000U));
  }
  const std::uint32_t odd = (magnitude >> 13U) & 1U;
  const std::uint32_t rounded = magnitude - 0x38000000U + 0xFFFU + odd;
  return static_cast<std::uint16_t>(sign | (rounded >> 13U));
}

float float_from_half(std::uint16_t half) noexcept {
  const std::uint32_t sign = (half & 0x8000U) << 16U;
  const std::uint32_t magnitude = half & 0x7FFFU;
  if (magnitude >= 0x7C00U) return std::bit_cast<float>(sign | 0x7F800000U | ((magnitude & 0x3FFU) << 13U));
  if (magnitude < 0x0400U) {
    const float subnormal = static_cast<float>(magnitude) * 0x1p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(subnormal));
  }
  return std::bit_cast<float>(sign | ((magnitude << 13U) + 0x38000000U));
}

float float_from_bfloat16(std::uint16_t value) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16U);
}

}  // namespace zimu::models
