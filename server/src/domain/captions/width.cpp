#include "domain/captions/width.hpp"

#include <algorithm>
#include <array>

#include "base/utf8.hpp"

namespace zimu::domain::captions {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, char32_t c) noexcept {
  const auto after = std::ranges::upper_bound(ranges, c, {}, &Range::first);
  return after != ranges.begin() && c <= std::prev(after)->last;
}

// Marks, joiners and format characters (general categories Mn, Me, Cf) of the scripts that Whisper writes.
constexpr std::array<Range, 49> kZero{{
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x05BF, 0x05BF}, {0x05C1, 0x05C2}, {0x05C4, 0x05C5},
    {0x0610, 0x061A}, {0x064B, 0x065F}, {0x0670, 0x0670}, {0x06D6, 0x06DC}, {0x06DF, 0x06E4}, {0x0900, 0x0902},
    {0x093A, 0x093A}, {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D}, {0x0951, 0x0957}, {0x0962, 0x0963},
    {0x0981, 0x0981}, {0x09BC, 0x09BC}, {0x09C1, 0x09C4}, {0x09CD, 0x09CD}, {0x0B82, 0x0B82}, {0x0BC0, 0x0BC0},
    {0x0BCD, 0x0BCD}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x0EB1, 0x0EB1}, {0x0EB4, 0x0EBC},
    {0x0EC8, 0x0ECD}, {0x102D, 0x1030}, {0x1032, 0x1037}, {0x1039, 0x103A}, {0x103D, 0x103E}, {0x17B4, 0x17B5},
    {0x17B7, 0x17BD}, {0x17C6, 0x17C6}, {0x17C9, 0x17D3}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
    {0x202A, 0x202E}, {0x2060, 0x2064}, {0x20D0, 0x20FF}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
    {0xFEFF, 0xFEFF},
}};
constexpr std::array<Range, 2> kZeroHigh{{{0x1F3FB, 0x1F3FF}, {0xE0100, 0xE01EF}}};

// East_Asian_Width W and F (Unicode 16).
constexpr std::array<Range, 33> kWide{{
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},   {0x23F0, 0x23F0},
    {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},
    {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},   {0x2753, 0x2755},   {0x2795, 0x2797},
    {0x2B1B, 0x2B1C},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0xA4CF},
    {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},
    {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x18DFF}, {0x1AFF0, 0x1B2FF}, {0x1F300, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD},
}};

constexpr std::array<Range, 7> kIdeographic{{
    {0x2E80, 0x2FDF}, {0x3001, 0x30FF}, {0x3190, 0x4DBF}, {0x4E00, 0xA4CF}, {0xF900, 0xFAFF}, {0xFE30, 0xFE4F},
    {0xFF01, 0xFF60},
}};
constexpr std::array<Range, 4> kOtherSpaceless{{{0x0E01, 0x0E5B}, {0x0E81, 0x0EDF}, {0x1000, 0x109F}, {0x1780, 0x17F9}}};

constexpr std::u32string_view kAmbiguous = U"·×÷–—―‘’“”…‥※→←↑↓①②③④⑤⑥⑦⑧⑨⑩■□▲△○●★☆♪";
constexpr std::u32string_view kNoBegin =
    U"、。，．！？：；・ー々〻‐゠–〜～」』）】〉》〕〗〙〛｝］｠’”…‥％℃°·!?,.:;)]}%»›‼⁇⁈⁉"
    U"ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ";
constexpr std::u32string_view kNoEnd = U"「『（【〈《〔〖〘〚｛［｟‘“＄￥￡([{$£¥«‹¿¡";

bool has(std::u32string_view set, char32_t c) noexcept { return set.find(c) != std::u32string_view::npos; }

}  // namespace

int columns_of(char32_t c, bool ambiguous_wide) noexcept {
  if (c < 0x300) return ambiguous_wide && has(kAmbiguous, c) ? 2 : 1;
  if (in(kZero, c) || in(kZeroHigh, c)) return 0;
  if (in(kWide, c)) return 2;
  return ambiguous_wide && has(kAmbiguous, c) ? 2 : 1;
}

int columns_of(std::string_view text, bool ambiguous_wide) noexcept {
  int sum = 0;
  bool joined = false;  // after U+200D a picture belongs to the one before
  while (!text.empty()) {
    const Utf8Step step = next_codepoint(text);
    text.remove_prefix(step.length);
    if (!joined) sum += step.valid ? columns_of(step.codepoint, ambiguous_wide) : 1;
    joined = step.codepoint == 0x200D;
  }
  return sum;
}

bool ideographic(char32_t c) noexcept { return in(kIdeographic, c) || (c >= 0x20000 && c <= 0x3FFFD); }

bool spaceless(char32_t c) noexcept { return ideographic(c) || in(kOtherSpaceless, c); }

bool never_begins_line(char32_t c) noexcept { return has(kNoBegin, c); }

bool never_ends_line(char32_t c) noexcept { return has(kNoEnd, c); }

bool is_blank(char32_t c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0x1680 || (c >= 0x2000 && c <= 0x200A && c != 0x2007) ||
         c == 0x205F || c == 0x3000 || c == 0x2028 || c == 0x2029 || c == 0x85;
}

int reading_columns(std::string_view text, bool ambiguous_wide) noexcept {
  int sum = 0;
  bool joined = false;
  bool blank = false;
  char32_t before = 0;
  while (!text.empty()) {
    const Utf8Step step = next_codepoint(text);
    text.remove_prefix(step.length);
    const char32_t c = step.codepoint;
    if (step.valid && is_blank(c)) {
      blank = true;
      continue;
    }
    if (blank && before != 0 && !spaceless(before) && !spaceless(c)) ++sum;
    if (!joined || blank) sum += step.valid ? columns_of(c, ambiguous_wide) : 1;
    blank = false;
    joined = c == 0x200D;
    before = c;
  }
  return sum;
}

}  // namespace zimu::domain::captions
