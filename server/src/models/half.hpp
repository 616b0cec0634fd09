#pragma once
#include <cstdint>

namespace zimu::models {

/// IEEE 754 binary16 ↔ binary32, round to nearest even; values beyond ±65504 become ±65504 (weights must stay finite).
std::uint16_t half_from_float(float value) noexcept;
float float_from_half(std::uint16_t half) noexcept;
/// bfloat16 is the upper half of a binary32.
float float_from_bfloat16(std::uint16_t value) noexcept;

}  // namespace zimu::models
