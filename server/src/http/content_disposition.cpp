#include "http/content_disposition.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "http/text.hpp"
#include "http/url.hpp"

namespace zimu::http {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string clean(std::string_view file_name) {
  std::string name = to_utf8(file_name);
  for (char& c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || c == '/' || c == '\\') c = '_';
  }
  return name.empty() ? "download" : name;
}

/// The ASCII shadow of a name for old clients: one '_' for each other character. '%' too, for some of them
/// decode it.
std::string ascii_shadow(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && byte < 0xC0) continue;  // a continuation byte
    out += byte >= 0x80 || c == '"' || c == '%' ? '_' : c;
  }
  return out;
}

}  // namespace

std::string content_disposition(Disposition disposition, std::string_view file_name) {
  const std::string name = clean(file_name);
  const std::string shadow = ascii_shadow(name);
  std::string out = disposition == Disposition::kInline ? "inline" : "attachment";
  out += "; filename=\"" + shadow + "\"";
  if (!is_ascii(name) || shadow != name) out += "; filename*=UTF-8''" + percent_encode(name);
  return out;
}

}  // namespace zimu::http
