#include <algorithm>

#include "app/search_fold_table.hpp"
#include "app/search_text.hpp"
#include "base/utf8.hpp"

namespace zimu::app {
namespace {

constexpr std::size_t kPairs = kFoldPairs.size() / 2;

bool is_blank(char32_t c) {
  return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

/// Combining marks, and what has no width.
bool is_dropped(char32_t c) {
  return (c >= 0x300 && c <= 0x36F) || (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x1DC0 && c <= 0x1DFF) ||
         (c >= 0x20D0 && c <= 0x20F0) || (c >= 0xFE20 && c <= 0xFE2F) || (c >= 0x200B && c <= 0x200D) ||
         c == 0xFEFF || c == 0xAD;
}

char32_t fold_sign(char32_t c) {
  switch (c) {
    case 0x2018:
    case 0x2019:
    case 0x2BC:
      return U'\'';
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0xAB:
    case 0xBB:
      return U'"';
    case 0x2010:
    case 0x2011:
    case 0x2013:
    case 0x2014:
      return U'-';
    default:
      return c;
  }
}

char32_t fold_letter(char32_t c) {
  std::size_t low = 0;
  std::size_t high = kPairs;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (kFoldPairs[middle * 2] < c) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < kPairs && kFoldPairs[low * 2] == c ? kFoldPairs[low * 2 + 1] : fold_sign(c);
}

void append_utf8(std::string& out, char32_t c) {
  const auto byte = [&out](char32_t value) { out.push_back(static_cast<char>(static_cast<unsigned char>(value))); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0U | (c >> 6U));
    byte(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    byte(0xE0U | (c >> 12U));
    byte(0x80U | ((c >> 6U) & 0x3FU));
    byte(0x80U | (c & 0x3FU));
  } else {
    byte(0xF0U | (c >> 18U));
    byte(0x80U | ((c >> 12U) & 0x3FU));
    byte(0x80U | ((c >> 6U) & 0x3FU));
    byte(0x80U | (c & 0x3FU));
  }
}

void append_folded(std::string& out, char32_t c) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c >= U'A' && c <= U'Z' ? c + 0x20 : c));
    return;
  }
  const auto several = std::lower_bound(kFoldSeveral.begin(), kFoldSeveral.end(), c,
                                        [](const auto& entry, char32_t wanted) { return entry.first < wanted; });
  if (several != kFoldSeveral.end() && several->first == c) {
    out += several->second;
  } else {
    append_utf8(out, fold_letter(c));
  }
}

template <class Grown>
std::string fold(std::string_view text, Grown&& grown) {
  std::string out;
  out.reserve(text.size());
  std::uint32_t position = 0;
  for (; !text.empty(); ++position) {
    const Utf8Step step = next_codepoint(text);
    text.remove_prefix(step.length);
    const char32_t c = step.valid ? step.codepoint : 0xFFFD;
    if (is_dropped(c)) continue;
    if (!is_blank(c)) {
      append_folded(out, c);
    } else if (!out.empty() && out.back() != ' ') {
      out.push_back(' ');
    }
    grown(out.size(), position);
  }
  grown(out.size() + 1, position);
  return out;
}

}  // namespace

Folded fold_with_origin(std::string_view text) {
  Folded folded;
  folded.text = fold(text, [&](std::size_t size, std::uint32_t position) { folded.origin.resize(size, position); });
  return folded;
}

std::string fold_for_search(std::string_view text) {
  return fold(text, [](std::size_t, std::uint32_t) {});
}

}  // namespace zimu::app
