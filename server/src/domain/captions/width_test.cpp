#include "domain/captions/width.hpp"

#include <gtest/gtest.h>

#include <clocale>
#include <cwchar>

namespace zimu::domain::captions {
namespace {

TEST(Width, HanKanaAndHangulAreTwoColumns) {
  EXPECT_EQ(columns_of("你好", false), 4);
  EXPECT_EQ(columns_of("かなカナ", false), 8);
  EXPECT_EQ(columns_of("한국어", false), 6);
  EXPECT_EQ(columns_of("。，「」！？", false), 12);
  EXPECT_EQ(columns_of("ｶﾅ abc", false), 6) << "half-width kana";
  EXPECT_EQ(columns_of("𠀀𪚥", false), 4) << "beyond the first plane";
}

TEST(Width, MarksAndJoinersAreNone) {
  EXPECT_EQ(columns_of("e\u0301", false), 1);
  EXPECT_EQ(columns_of("か\u3099", false), 2);
  EXPECT_EQ(columns_of("👩‍👧", false), 2) << "one picture out of two";
  EXPECT_EQ(columns_of("👍🏽", false), 2) << "with a colour of skin";
  EXPECT_EQ(columns_of("ที่", false), 1);
}

TEST(Width, SharedSignsAreAsWideAsTheirScript) {
  EXPECT_EQ(columns_of("“…”", false), 3);
  EXPECT_EQ(columns_of("“…”", true), 6);
}

// The C library knows the same tables from another source.
TEST(Width, AgreesWithTheCLibrary) {
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) FAIL() << "this machine has no C.UTF-8";
  int compared = 0;
  const auto compare = [&compared](char32_t first, char32_t last) {
    for (char32_t c = first; c <= last; ++c) {
      const int expected = ::wcwidth(static_cast<wchar_t>(c));
      if (expected < 1) continue;  // not assigned, or a mark
      ++compared;
      EXPECT_EQ(columns_of(c, false), expected) << "U+" << std::hex << static_cast<unsigned>(c);
    }
  };
  compare(0x20, 0x7E);
  compare(0xA0, 0x2FF);
  compare(0x370, 0x482);
  compare(0x3001, 0x3029);
  compare(0x3041, 0x3096);
  compare(0x30A0, 0x30FF);
  compare(0x3400, 0x4DBF);
  compare(0x4DC0, 0x9FFF);
  compare(0xAC00, 0xD7A3);
  compare(0xFF01, 0xFFE6);
  compare(0x20000, 0x2A6DF);
  std::setlocale(LC_CTYPE, "C");
  EXPECT_GT(compared, 80'000);
}

TEST(Width, ReadingCountsBlanksOnlyWhereTheScriptHasThem) {
  EXPECT_EQ(reading_columns("a b", false), 3);
  EXPECT_EQ(reading_columns("a\nb", false), 3);
  EXPECT_EQ(reading_columns("你好\n世界", false), 8);
  EXPECT_EQ(reading_columns("你好 abc", false), 7);
  EXPECT_EQ(reading_columns("한국 사람", false), 9);
  EXPECT_EQ(reading_columns("  ", false), 0);
}

TEST(Width, Kinsoku) {
  for (const char32_t c : std::u32string_view(U"。，、！？」）ー・ゃッ…")) EXPECT_TRUE(never_begins_line(c));
  for (const char32_t c : std::u32string_view(U"「（《【“")) EXPECT_TRUE(never_ends_line(c));
  for (const char32_t c : std::u32string_view(U"字あa1")) EXPECT_FALSE(never_begins_line(c) || never_ends_line(c));
}

}  // namespace
}  // namespace zimu::domain::captions
