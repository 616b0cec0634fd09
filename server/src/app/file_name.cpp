#include "app/file_name.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace zimu::app {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kMaxStoredExtension = 8;
constexpr std::size_t kMaxKeptExtension = 16;

constexpr std::array<std::pair<std::string_view, std::string_view>, 32> kTypes{{
    {".3gp", "video/3gpp"},        {".aac", "audio/aac"},         {".ac3", "audio/ac3"},
    {".aif", "audio/aiff"},        {".aiff", "audio/aiff"},       {".amr", "audio/amr"},
    {".ape", "audio/x-ape"},       {".avi", "video/x-msvideo"},   {".caf", "audio/x-caf"},
    {".flac", "audio/flac"},       {".flv", "video/x-flv"},       {".m2ts", "video/mp2t"},
    {".m4a", "audio/mp4"},         {".m4b", "audio/mp4"},         {".m4v", "video/mp4"},
    {".mka", "audio/x-matroska"},  {".mkv", "video/x-matroska"},  {".mov", "video/quicktime"},
    {".mp2", "audio/mpeg"},        {".mp3", "audio/mpeg"},        {".mp4", "video/mp4"},
    {".mpeg", "video/mpeg"},       {".mpg", "video/mpeg"},        {".mpga", "audio/mpeg"},
    {".oga", "audio/ogg"},         {".ogg", "audio/ogg"},         {".ogv", "video/ogg"},
    {".opus", "audio/ogg"},        {".ts", "video/mp2t"},         {".wav", "audio/wav"},
    {".webm", "video/webm"},       {".wma", "audio/x-ms-wma"},
}};

// Length of the well-formed sequence at the front (Unicode table 3-7), or 0; `bad` is then how much to replace by one mark.
std::size_t sequence_length(std::string_view text, std::size_t& bad) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = at(0);
  bad = 1;
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i, low = 0x80, high = 0xBF) {
    if (i >= text.size() || at(i) < low || at(i) > high) {
      bad = i;
      return 0;
    }
  }
  return length;
}

// Cuts valid UTF-8 between characters.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<std::uint8_t>(text[limit]) & 0xC0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

std::size_t extension_at(std::string_view name) {
  const auto dot = name.rfind('.');
  // A name that only begins with a dot has no extension.
  return dot == std::string_view::npos || dot == 0 ? name.size() : dot;
}

}  // namespace

std::string valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    std::size_t bad = 0;
    const std::size_t length = sequence_length(bytes, bad);
    out += length > 0 ? bytes.substr(0, length) : kReplacement;
    bytes.remove_prefix(length > 0 ? length : bad);
  }
  return out;
}

std::string clean_line(std::string_view raw) {
  std::string text = valid_utf8(raw);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if (byte < 0x20 || byte == 0x7F) text[i] = ' ';
    // U+0080 to U+009F, the other control characters of Unicode.
    if (byte == 0xC2 && static_cast<std::uint8_t>(text[i + 1]) < 0xA0) text.replace(i, 2, " ");
  }
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string display_file_name(std::string_view raw) {
  // Old browsers send whole paths.
  const auto slash = raw.find_last_of("/\\");
  if (slash != std::string_view::npos) raw.remove_prefix(slash + 1);
  const std::string name = clean_line(raw);
  if (name.find_first_not_of(". ") == std::string::npos) return "recording";
  if (name.size() <= kMaxFileNameBytes) return name;
  std::string_view extension = std::string_view(name).substr(extension_at(name));
  if (extension.size() > kMaxKeptExtension) extension = {};
  std::string out(cut(name, kMaxFileNameBytes - extension.size()));
  return out.append(extension);
}

std::string title_from(std::string_view file_name) {
  return std::string(cut(file_name.substr(0, extension_at(file_name)), kMaxTitleBytes));
}

std::string stored_extension(std::string_view file_name) {
  std::string extension(file_name.substr(extension_at(file_name)));
  if (extension.size() < 2 || extension.size() > kMaxStoredExtension + 1) return {};
  for (std::size_t i = 1; i < extension.size(); ++i) {
    char& c = extension[i];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) return {};
  }
  return extension;
}

std::string_view content_type_of(std::string_view file_name) {
  const std::string extension = stored_extension(file_name);
  const auto found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& entry) { return entry.first == extension; });
  return found == kTypes.end() ? std::string_view("application/octet-stream") : found->second;
}

}  // namespace zimu::app
