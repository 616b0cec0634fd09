#include "app/file_name.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/utf8.hpp"

namespace zimu::app {
namespace {

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

std::size_t extension_at(std::string_view name) {
  const auto dot = name.rfind('.');
  // A name that only begins with a dot has no extension.
  return dot == std::string_view::npos || dot == 0 ? name.size() : dot;
}

}  // namespace

std::string clean_line(std::string_view raw) {
  std::string text = to_utf8(raw);
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
  std::string out(utf8_prefix(name, kMaxFileNameBytes - extension.size()));
  return out.append(extension);
}

std::string title_from(std::string_view file_name) {
  return std::string(utf8_prefix(file_name.substr(0, extension_at(file_name)), kMaxTitleBytes));
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
