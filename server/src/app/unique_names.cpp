#include "app/unique_names.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "app/file_name.hpp"
#include "app/search_text.hpp"
#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace zimu::app {
namespace {

/// Devices of Windows, whatever the extension.
bool is_device(std::string_view name) {
  constexpr std::array<std::string_view, 4> kDevices{"con", "prn", "aux", "nul"};
  const std::string stem = ascii_lower(name.substr(0, name.find('.')));
  const bool numbered = stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) && stem[3] >= '0' && stem[3] <= '9';
  return numbered || std::ranges::find(kDevices, stem) != kDevices.end();
}

std::string plain_name(std::string_view title) {
  std::string name = clean_line(title);
  for (char& c : name) {
    if (std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos) c = '_';
  }
  name = utf8_prefix(name, UniqueNames::kMaxNameBytes);
  // A dot in front hides a file; one at the end, or a blank, is dropped by Windows.
  const auto last = name.find_last_not_of(" .");
  name.resize(last == std::string::npos ? 0 : last + 1);
  if (name.starts_with('.')) name[0] = '_';
  if (name.empty()) return "recording";
  return is_device(name) ? "_" + name : name;
}

}  // namespace

std::string UniqueNames::take(std::string_view title) {
  const std::string plain = plain_name(title);
  std::string name = plain;
  for (int number = 2; !taken_.insert(fold_for_search(name)).second; ++number) {
    const std::string suffix = fmt::format(" ({})", number);
    name = std::string(utf8_prefix(plain, kMaxNameBytes - suffix.size())) + suffix;
  }
  return name;
}

}  // namespace zimu::app
