#include "app/unique_names.hpp"

#include <gtest/gtest.h>

#include "base/utf8.hpp"

namespace zimu::app {
namespace {

TEST(UniqueNames, TitlesThatCanBeNamesAre) {
  UniqueNames names;
  for (const std::string title : {"Talk", "会议 第三次", "Zoë's — draft 2.1", "a.b"}) EXPECT_EQ(names.take(title), title);
}

TEST(UniqueNames, WhatIsForbiddenIsReplaced) {
  const auto one = [](std::string_view title) { return UniqueNames().take(title); };
  EXPECT_EQ(one("../../etc/passwd"), "_._.._etc_passwd");
  EXPECT_EQ(one("a/b\\c:d*e?f\"g<h>i|j"), "a_b_c_d_e_f_g_h_i_j");
  EXPECT_EQ(one("line\nbreak\x7f"), "line break");
  EXPECT_EQ(one("ends with dots... "), "ends with dots");
  EXPECT_EQ(one(".hidden"), "_hidden");
  EXPECT_EQ(one(""), "recording");
  EXPECT_EQ(one(" .. "), "recording");
  EXPECT_EQ(one("CON"), "_CON");
  EXPECT_EQ(one("lpt1.x"), "_lpt1.x");
  EXPECT_EQ(one("console"), "console");
}

TEST(UniqueNames, NoTwoAreTheSameInAnyCase) {
  UniqueNames names;
  EXPECT_EQ(names.take("Talk"), "Talk");
  EXPECT_EQ(names.take("talk"), "talk (2)");
  EXPECT_EQ(names.take("TALK (2)"), "TALK (2) (2)");
  EXPECT_EQ(names.take("Talk"), "Talk (3)");
  EXPECT_EQ(names.take("a/b"), "a_b");
  EXPECT_EQ(names.take("a:b"), "a_b (2)");
}

TEST(UniqueNames, LongOnesAreCutBetweenCharacters) {
  UniqueNames names;
  std::string title;
  for (int i = 0; i < 200; ++i) title += "字";
  const std::string first = names.take(title);
  const std::string second = names.take(title);
  EXPECT_LE(first.size(), UniqueNames::kMaxNameBytes);
  EXPECT_LE(second.size(), UniqueNames::kMaxNameBytes);
  EXPECT_GT(first.size(), UniqueNames::kMaxNameBytes - 4);
  EXPECT_TRUE(is_utf8(first) && is_utf8(second));
  EXPECT_TRUE(second.ends_with(" (2)"));
}

}  // namespace
}  // namespace zimu::app
