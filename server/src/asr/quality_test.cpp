#include "asr/quality.hpp"

#include <gtest/gtest.h>

#include "asr/segments.hpp"
#include "asr/toy_vocabulary.hpp"
#include "base/utf8.hpp"

namespace zimu::asr {
namespace {

std::string times(int count, std::string_view text) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

class QualityTest : public testing::Test {
 protected:
  std::optional<Loop> find(std::string_view text, const LoopRule& rule = {}) const {
    return find_loop(vocabulary_.encode(text), vocabulary_.special(), rule);
  }
  Vocabulary vocabulary_ = toy_vocabulary();
};

TEST_F(QualityTest, SpeechDoesNotLoop) {
  EXPECT_FALSE(find("no, no, no, I did not say so"));
  EXPECT_FALSE(find("and so my fellow americans ask not what your country can do for you ask what you can do"));
  EXPECT_FALSE(find(""));
  EXPECT_FALSE(find("ha ha ha ha"));
}

TEST_F(QualityTest, OneUnitOverAndOverIsALoop) {
  const auto loop = find("well " + times(8, " thank you"));
  ASSERT_TRUE(loop);
  EXPECT_EQ(loop->repeats, 8);
  EXPECT_EQ(loop->unit_end - loop->first, vocabulary_.encode(" thank you").size());
  EXPECT_TRUE(find(times(40, "a")));
  EXPECT_TRUE(find(times(3, " this is one long sentence with many words in it.")));
}

TEST_F(QualityTest, TimesBetweenTheRoundsHideNothing) {
  std::vector<Token> tokens;
  for (int i = 0; i < 6; ++i) {
    tokens.push_back(vocabulary_.special().timestamp_begin + 50 * i);
    for (const Token token : vocabulary_.encode(" subscribe")) tokens.push_back(token);
    tokens.push_back(vocabulary_.special().timestamp_begin + 50 * (i + 1));
  }
  const auto loop = find_loop(tokens, vocabulary_.special());
  ASSERT_TRUE(loop);
  EXPECT_EQ(loop->first, 1U);
  EXPECT_EQ(loop->repeats, 6);
}

TEST_F(QualityTest, TheLenientRuleSeesShorterLoops) {
  EXPECT_FALSE(find(times(3, " abc")));
  EXPECT_TRUE(find(times(3, " abc"), kLenient));
}

TEST_F(QualityTest, ALoopIsCutAfterItsFirstRoundWithItsClosingTime) {
  Decoding decoding;
  const Token begin = vocabulary_.special().timestamp_begin;
  for (int i = 0; i < 8; ++i) {
    decoding.tokens.push_back(begin + 100 * i);
    for (const Token token : vocabulary_.encode(" thanks")) decoding.tokens.push_back(token);
    decoding.tokens.push_back(begin + 100 * (i + 1));
  }
  decoding.logprobs.resize(decoding.tokens.size(), -0.1F);
  ASSERT_TRUE(cut_loop(decoding, vocabulary_));
  EXPECT_EQ(decoding.text, " thanks");
  EXPECT_EQ(decoding.tokens.back(), begin + 100);
  EXPECT_EQ(decoding.tokens.size(), decoding.logprobs.size());
  EXPECT_FALSE(cut_loop(decoding, vocabulary_));
}

TEST(CompressionRatio, IsHighForRepetition) {
  EXPECT_EQ(compression_ratio(""), 0);
  EXPECT_LT(compression_ratio("And so my fellow Americans, ask not what your country can do for you."), 1.5F);
  EXPECT_GT(compression_ratio(times(30, "thank you. ")), 2.4F);
}

TEST(Utf8, KeepsWholeCharactersOnly) {
  EXPECT_EQ(keep_utf8("aé今😀"), "aé今😀");
  EXPECT_EQ(keep_utf8("a\xE4\xBB"), "a");                    // cut character
  EXPECT_EQ(keep_utf8("\xC0\xAF" "b\xED\xA0\x80" "c"), "bc");  // overlong, surrogate
  EXPECT_EQ(keep_utf8("\xF4\x90\x80\x80z"), "z");            // past U+10FFFF
  EXPECT_EQ(trim("  a b \n"), "a b");
  EXPECT_EQ(trim(" \t"), "");
}

}  // namespace
}  // namespace zimu::asr
