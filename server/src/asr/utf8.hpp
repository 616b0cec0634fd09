#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace zimu::asr {

/// One step through UTF-8: `length` bytes at the start of the text hold `codepoint`; `valid` is false for bytes that
/// start no character (length is then how many to skip).
struct Utf8Step {
  char32_t codepoint = 0;
  std::size_t length = 0;
  bool valid = false;
};
Utf8Step next_codepoint(std::string_view text) noexcept;
/// Leaves out bytes that are no UTF-8: half characters where the decoding was cut, and the model's own slips.
std::string keep_valid_utf8(std::string_view text);
std::string_view trim(std::string_view text) noexcept;

}  // namespace zimu::asr
