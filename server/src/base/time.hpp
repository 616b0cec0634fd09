#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace zimu {

/// Media time and durations: always whole milliseconds inside Zimu.
using Milliseconds = std::chrono::milliseconds;
/// More than any recording has, 34 years: sums of such times never overflow. What people and programs send is held to it.
inline constexpr std::int64_t kMaxMediaMs = std::int64_t{1} << 40U;
/// Wall-clock instants in UTC with millisecond resolution.
using Timestamp = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

Timestamp now_utc() noexcept;
/// RFC 3339 with milliseconds and `Z`: "2026-11-24T15:50:13.123Z".
std::string format_rfc3339(Timestamp time);
/// Reads what `format_rfc3339` writes: UTC with `Z`; the fraction is optional, and cut to milliseconds.
Result<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace zimu
