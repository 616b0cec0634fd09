#include "asr/utf8.hpp"

namespace zimu::asr {
namespace {

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

/// RFC 3629 §3: no surrogates, nothing overlong, nothing past U+10FFFF.
bool is_scalar(char32_t codepoint, std::size_t length) {
  constexpr char32_t kSmallest[5] = {0, 0, 0x80, 0x800, 0x10000};
  if (codepoint < kSmallest[length] || codepoint > 0x10FFFF) return false;
  return codepoint < 0xD800 || codepoint > 0xDFFF;
}

}  // namespace

Utf8Step next_codepoint(std::string_view text) noexcept {
  if (text.empty()) return {};
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = sequence_length(lead);
  if (length == 0) return {0, 1, false};
  if (length == 1) return {lead, 1, true};
  char32_t codepoint = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= text.size()) return {0, text.size(), false};
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80U) return {0, i, false};
    codepoint = (codepoint << 6U) | (byte & 0x3FU);
  }
  return {codepoint, length, is_scalar(codepoint, length)};
}

std::string keep_valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Utf8Step step = next_codepoint(text);
    if (step.valid) out += text.substr(0, step.length);
    text.remove_prefix(step.length);
  }
  return out;
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kSpaces = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

}  // namespace zimu::asr
