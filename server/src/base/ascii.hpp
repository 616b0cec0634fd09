#pragma once
#include <algorithm>
#include <string>
#include <string_view>

/// Letters of ASCII alone, as header names, schemes and host names compare. Locale never matters. Thread: any.
namespace zimu {

constexpr char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
inline std::string ascii_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return ascii_lower(c); });
  return out;
}

}  // namespace zimu
