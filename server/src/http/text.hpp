#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ascii.hpp"

/// ASCII rules of RFC 9110 shared by the parsers. Private to http/. Locale never matters here.
namespace zimu::http {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}
/// RFC 9110 §5.6.2 tchar.
bool is_token_char(char c) noexcept;
bool is_token(std::string_view text) noexcept;  ///< not empty, every character a tchar
bool equal_no_case(std::string_view a, std::string_view b) noexcept;
std::string_view trim_blanks(std::string_view text) noexcept;
/// Digits only, without sign; nothing when empty, not digits, or over 64 bits.
std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept;
/// Value of a hexadecimal digit, or -1.
int hex_value(char c) noexcept;

}  // namespace zimu::http
