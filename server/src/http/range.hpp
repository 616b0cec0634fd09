#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace zimu::http {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

enum class RangeVerdict : std::uint8_t { kWhole, kPartial, kUnsatisfiable };

struct RangeResult {
  RangeVerdict verdict = RangeVerdict::kWhole;
  ByteRange range;
};

/// RFC 9110 §14.2 for one byte range: "bytes=0-99", "bytes=100-", "bytes=-500". Several ranges, other units
/// and malformed headers mean the whole file (allowed by §14.2); kUnsatisfiable is 416.
RangeResult parse_range(std::optional<std::string_view> header, std::uint64_t size) noexcept;

}  // namespace zimu::http
