#pragma once
#include <cstddef>
#include <string>
#include <string_view>

/// UTF-8 (RFC 3629) of any origin. Pure; thread: any.
namespace zimu {

/// One step through a text. Not valid: `length` bytes that begin no character, to be replaced by one U+FFFD (the
/// "maximal subpart" of Unicode 15 §3.9, as browsers do).
struct Utf8Step {
  char32_t codepoint = 0;
  std::size_t length = 0;
  bool valid = false;
};
/// `length` is 0 only for an empty text.
Utf8Step next_codepoint(std::string_view text) noexcept;

/// No overlong forms, no surrogates, nothing past U+10FFFF.
bool is_utf8(std::string_view text) noexcept;
/// What is no UTF-8 becomes U+FFFD.
std::string to_utf8(std::string_view text);
/// What is no UTF-8 is left out.
std::string keep_utf8(std::string_view text);
/// The longest beginning of at most `limit` bytes that ends between two characters of a valid text.
std::string_view utf8_prefix(std::string_view text, std::size_t limit) noexcept;

}  // namespace zimu
