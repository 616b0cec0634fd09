#include <algorithm>

#include "base/utf8.hpp"
#include "outbound/media_download.hpp"

namespace zimu::outbound {
namespace {

constexpr std::size_t kMaxNameBytes = 255;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

/// Latin-1 is what a header holds that is neither ASCII nor UTF-8.
std::string utf8_from_latin1(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else {
      out.push_back(static_cast<char>(0xC0 | (byte >> 6U)));
      out.push_back(static_cast<char>(0x80 | (byte & 0x3FU)));
    }
  }
  return out;
}

/// Last path part without control characters, never "." or ".."; may be empty.
std::string cleaned(std::string_view raw) {
  const std::size_t slash = raw.find_last_of("/\\");
  if (slash != std::string_view::npos) raw.remove_prefix(slash + 1);
  std::string name;
  for (const char c : raw) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) name.push_back(c);
  }
  const auto first = name.find_first_not_of(' ');
  name.erase(0, first);
  while (!name.empty() && name.back() == ' ') name.pop_back();
  if (name.size() > kMaxNameBytes) {
    const std::size_t dot = name.rfind('.');
    const std::string extension = dot != std::string::npos && name.size() - dot <= 10 ? name.substr(dot) : "";
    name = std::string(utf8_prefix(name, kMaxNameBytes - extension.size())) + extension;
  }
  return name == "." || name == ".." ? std::string() : name;
}

struct Parameter {
  std::string name;
  std::string value;
};

std::string_view skip_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

/// Takes the next `; name=value` off `rest`; false at the end.
bool next_parameter(std::string_view& rest, Parameter& out) {
  const std::size_t semicolon = rest.find(';');
  if (semicolon == std::string_view::npos) return false;
  rest = skip_blanks(rest.substr(semicolon + 1));
  const std::size_t end = rest.find_first_of("=;");
  out = {};
  for (const char c : rest.substr(0, end)) {
    if (c != ' ' && c != '\t') out.name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  }
  if (end == std::string_view::npos || rest[end] == ';') {
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
    return true;
  }
  rest = skip_blanks(rest.substr(end + 1));
  if (!rest.starts_with('"')) {
    const std::size_t stop = rest.find(';');
    out.value = rest.substr(0, stop);
    rest = stop == std::string_view::npos ? std::string_view{} : rest.substr(stop);
    return true;
  }
  std::size_t i = 1;
  for (; i < rest.size() && rest[i] != '"'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    out.value.push_back(rest[i]);
  }
  rest = rest.substr(std::min(i, rest.size()));
  return true;
}

/// `UTF-8''na%C3%AFve.mp3` of RFC 8187; empty for another charset.
std::string extended_value(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos) return {};
  std::string charset;
  for (const char c : value.substr(0, first))
    charset.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  const std::string bytes = percent_decoded(value.substr(second + 1));
  if (charset == "utf-8") return bytes;
  return charset == "iso-8859-1" ? utf8_from_latin1(bytes) : std::string();
}

std::string name_from_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const std::size_t path = url.find('/');
  if (path == std::string_view::npos) return {};
  url.remove_prefix(path + 1);
  const std::size_t slash = url.rfind('/');
  return cleaned(percent_decoded(slash == std::string_view::npos ? url : url.substr(slash + 1)));
}

}  // namespace

std::string suggested_file_name(std::string_view content_disposition, std::string_view url) {
  std::string plain;
  std::string extended;
  Parameter parameter;
  while (next_parameter(content_disposition, parameter)) {
    if (parameter.name == "filename*") extended = cleaned(extended_value(parameter.value));
    if (parameter.name == "filename") plain = cleaned(parameter.value);
  }
  if (!extended.empty()) return extended;
  if (!plain.empty()) return plain;
  std::string name = name_from_url(url);
  return name.empty() ? "recording" : name;
}

}  // namespace zimu::outbound
