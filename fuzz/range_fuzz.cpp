// LINK: zimu_http
// A range always lies within the file.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.hpp"
#include "http/range.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t file_size = 0;
  if (size < sizeof file_size) return 0;
  std::memcpy(&file_size, data, sizeof file_size);
  const std::string_view header(reinterpret_cast<const char*>(data) + sizeof file_size,
                                size - sizeof file_size);
  const auto result = zimu::http::parse_range(header, file_size);
  if (result.verdict == zimu::http::RangeVerdict::kPartial) {
    ZIMU_CHECK(result.range.length > 0);
    ZIMU_CHECK(result.range.first < file_size);
    ZIMU_CHECK(result.range.length <= file_size - result.range.first);
  } else {
    ZIMU_CHECK(result.range.first == 0 && result.range.length == 0);
  }
  return 0;
}
