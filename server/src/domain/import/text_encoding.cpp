#include "domain/import/text_encoding.hpp"

#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "base/utf8.hpp"

namespace zimu::domain::import {
namespace {

constexpr std::string_view kSaveAsUtf8 = "save the file as UTF-8 with the program that wrote it, then import it again";

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0U | c >> 6U);
    put(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    put(0xE0U | c >> 12U);
    put(0x80U | (c >> 6U & 0x3FU));
    put(0x80U | (c & 0x3FU));
  } else {
    put(0xF0U | c >> 18U);
    put(0x80U | (c >> 12U & 0x3FU));
    put(0x80U | (c >> 6U & 0x3FU));
    put(0x80U | (c & 0x3FU));
  }
}

std::ptrdiff_t line_number(std::string_view before) { return std::ranges::count(before, '\n') + 1; }

Result<std::string> from_utf16(std::string_view bytes, bool big_endian) {
  std::string out;
  out.reserve(bytes.size());
  const auto unit = [&](std::size_t at) {
    const auto first = static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]));
    const auto second = static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + 1]));
    return big_endian ? first << 8U | second : second << 8U | first;
  };
  const auto broken = [&out] {
    return fail(ErrorCode::kBadMedia, fmt::format("line {} is broken UTF-16 text", line_number(out)),
                std::string(kSaveAsUtf8));
  };
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    if (at + 1 == bytes.size()) return broken();
    std::uint32_t c = unit(at);
    if (c >= 0xD800 && c < 0xE000) {
      if (c >= 0xDC00 || at + 3 >= bytes.size()) return broken();
      const std::uint32_t low = unit(at + 2);
      if (low < 0xDC00 || low >= 0xE000) return broken();
      c = 0x10000U + ((c - 0xD800U) << 10U) + (low - 0xDC00U);
      at += 2;
    }
    append_utf8(out, c);
  }
  return out;
}

/// Without a mark, text with many characters of ASCII has a zero in every other byte.
std::optional<bool> unmarked_utf16_is_big(std::string_view bytes) {
  constexpr std::size_t kLooked = 512;
  const std::string_view head = bytes.substr(0, std::min(bytes.size(), kLooked) & ~std::size_t{1});
  if (head.size() < 8) return std::nullopt;
  std::size_t even = 0;
  std::size_t odd = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '\0') ++(i % 2 == 0 ? even : odd);
  }
  // Other characters have a zero now and then too.
  if (even > head.size() / 4 && odd < even / 8) return true;
  if (odd > head.size() / 4 && even < odd / 8) return false;
  return std::nullopt;
}

/// Whether this is Chinese in GB2312's part of GB18030: mostly its common characters, of which nearly half have lead bytes
/// past 0xC8. Korean and Japanese in their own encodings, and Western text, have not.
bool looks_chinese(std::string_view bytes) {
  std::size_t pairs = 0;
  std::size_t common = 0;
  std::size_t late = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    if (lead < 0x80) continue;
    ++pairs;
    const auto trail = i + 1 < bytes.size() ? static_cast<unsigned char>(bytes[i + 1]) : 0U;
    if (lead >= 0xB0 && lead <= 0xF7 && trail >= 0xA1 && trail <= 0xFE) {
      if (lead <= 0xD7) ++common;
      if (lead >= 0xC9 && lead <= 0xD7) ++late;
    } else if (lead >= 0xA1 && lead <= 0xA3 && trail >= 0xA1) {
      --pairs;  // punctuation, which the others have too
    }
    ++i;
  }
  return pairs > 0 && common * 10 >= pairs * 8 && late * 100 >= common * 15;
}

Result<std::string> from_gb18030(std::string_view bytes) {
  const iconv_t converter = ::iconv_open("UTF-8", "GB18030");
  if (converter == iconv_t(-1)) {
    return fail(ErrorCode::kUnsupported, "the file is in GB18030, which this system cannot read", std::string(kSaveAsUtf8));
  }
  std::string out(bytes.size() * 2 + 16, '\0');  // two bytes become three, four become four
  std::string input(bytes);
  char* from = input.data();
  char* to = out.data();
  std::size_t from_left = input.size();
  std::size_t to_left = out.size();
  const bool whole = ::iconv(converter, &from, &from_left, &to, &to_left) != static_cast<std::size_t>(-1);
  ::iconv_close(converter);
  if (!whole) {
    return fail(ErrorCode::kBadMedia,
                fmt::format("line {} is neither UTF-8 nor GB18030 text", line_number(bytes.substr(0, bytes.size() - from_left))),
                std::string(kSaveAsUtf8));
  }
  out.resize(out.size() - to_left);
  return out;
}

Error not_utf8(std::string_view bytes) {
  std::string_view rest = bytes;
  while (true) {
    const Utf8Step step = next_codepoint(rest);
    if (step.length == 0 || !step.valid) break;
    rest.remove_prefix(step.length);
  }
  const auto byte = rest.empty() ? 0U : static_cast<unsigned>(static_cast<unsigned char>(rest.front()));
  return {ErrorCode::kBadMedia,
          fmt::format("line {} is not UTF-8 text (byte 0x{:02X})", line_number(bytes.substr(0, bytes.size() - rest.size())), byte),
          std::string(kSaveAsUtf8)};
}

}  // namespace

Result<std::string> text_of(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (bytes.starts_with("\xFF\xFE")) return from_utf16(bytes.substr(2), false);
  if (bytes.starts_with("\xFE\xFF")) return from_utf16(bytes.substr(2), true);
  if (const auto big = unmarked_utf16_is_big(bytes)) return from_utf16(bytes, *big);
  if (is_utf8(bytes)) return std::string(bytes);
  if (looks_chinese(bytes)) return from_gb18030(bytes);
  return std::unexpected(not_utf8(bytes));
}

}  // namespace zimu::domain::import
