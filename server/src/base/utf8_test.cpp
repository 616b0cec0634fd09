#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace zimu {
namespace {

TEST(Utf8, GivesCodepointsAndLengths) {
  const auto euro = next_codepoint("€x");
  EXPECT_TRUE(euro.valid);
  EXPECT_EQ(euro.codepoint, U'€');
  EXPECT_EQ(euro.length, 3U);
  EXPECT_EQ(next_codepoint("\xF4\x8F\xBF\xBF").codepoint, 0x10FFFFU);
  EXPECT_EQ(next_codepoint("").length, 0U);
}

TEST(Utf8, KnowsWhatIsNone) {
  EXPECT_TRUE(is_utf8("字幕 é 🎬"));
  for (const char* bad : {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE5\xAD", "\xFF", "\x80"}) {
    EXPECT_FALSE(is_utf8(bad));
    EXPECT_TRUE(is_utf8(to_utf8(bad)));
    EXPECT_EQ(keep_utf8(bad), "");
  }
}

TEST(Utf8, MarksEveryMaximalSubpartOnce) {
  const std::string mark = "\xEF\xBF\xBD";  // the example of Unicode 15 table 3-8
  EXPECT_EQ(to_utf8("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
            "a" + mark + mark + mark + "b" + mark + "c" + mark + mark + "d");
}

TEST(Utf8, CutsBetweenCharacters) {
  EXPECT_EQ(utf8_prefix("a字b", 10), "a字b");
  EXPECT_EQ(utf8_prefix("a字b", 4), "a字");
  EXPECT_EQ(utf8_prefix("a字b", 3), "a");
  EXPECT_EQ(utf8_prefix("字", 0), "");
}

}  // namespace
}  // namespace zimu
