#include "asr/vocabulary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "asr/odds.hpp"
#include "asr/suppress.hpp"
#include "asr/toy_vocabulary.hpp"

namespace zimu::asr {
namespace {

std::vector<std::string> spell(const Vocabulary& vocabulary, std::string_view text) {
  std::vector<std::string> out;
  for (const Token token : vocabulary.encode(text)) out.emplace_back(vocabulary.piece(token));
  return out;
}

TEST(Vocabulary, DecodesWhatItEncoded) {
  const Vocabulary vocabulary = toy_vocabulary({"th", "the", " the"});
  for (const std::string text : {"the cat", " the  the\n", "it's 42%", "今天天气很好。", "naïve – “quoted”", ""}) {
    EXPECT_EQ(vocabulary.decode(vocabulary.encode(text)), text);
  }
}

TEST(Vocabulary, MergesLowerNumbersFirst) {
  // "ab" comes before "bc": "abc" has no token of its own, so it is "ab" + "c".
  EXPECT_EQ(spell(toy_vocabulary({"ab", "bc"}), "abc"), (std::vector<std::string>{"ab", "c"}));
  EXPECT_EQ(spell(toy_vocabulary({"bc", "ab"}), "abc"), (std::vector<std::string>{"a", "bc"}));
}

TEST(Vocabulary, DoesNotMergeAcrossWordsAndNumbers) {
  const Vocabulary vocabulary = toy_vocabulary({"a1", "o w", "'s"});
  EXPECT_EQ(spell(vocabulary, "a1"), (std::vector<std::string>{"a", "1"}));
  EXPECT_EQ(spell(vocabulary, "o w"), (std::vector<std::string>{"o", " w"}));
  EXPECT_EQ(spell(vocabulary, "a's"), (std::vector<std::string>{"a", "'s"}));
}

TEST(Vocabulary, SpecialTokensHaveNoText) {
  const Vocabulary vocabulary = toy_vocabulary();
  const SpecialTokens& special = vocabulary.special();
  EXPECT_EQ(vocabulary.piece(special.eot), "");
  EXPECT_EQ(vocabulary.piece(-1), "");
  EXPECT_EQ(vocabulary.piece(1 << 30), "");
  EXPECT_EQ(vocabulary.decode({special.timestamp_begin, vocabulary.find("x"), special.eot}), "x");
  EXPECT_TRUE(vocabulary.is_timestamp(special.timestamp_begin));
  EXPECT_FALSE(vocabulary.is_timestamp(special.no_timestamps));
}

TEST(Suppress, ForbidsSymbolsAndSpecialTokensButNeitherEndNorTimes) {
  const Vocabulary vocabulary = toy_vocabulary({"[[", " (", " -"});
  const SpecialTokens& special = vocabulary.special();
  const std::vector<Token> never = never_sampled(vocabulary);
  const auto holds = [&never](Token token) { return std::binary_search(never.begin(), never.end(), token); };
  for (const char* text : {"[", "[[", " (", "♪", " -", "*"}) EXPECT_TRUE(holds(vocabulary.encode(text).front())) << text;
  for (const char* text : {"a", " a", ",", ".", "-", "'", "?"}) EXPECT_FALSE(holds(vocabulary.find(text))) << text;
  for (const Token token : {special.sot, special.sot + 1, special.transcribe, special.no_speech, special.no_timestamps}) {
    EXPECT_TRUE(holds(token));
  }
  EXPECT_FALSE(holds(special.eot));
  EXPECT_FALSE(holds(special.timestamp_begin));
}

TEST(Suppress, IgnoresTokensOutsideTheRow) {
  const Vocabulary vocabulary = toy_vocabulary();
  const Bias bias(vocabulary, std::vector<Token>{-1, 1, vocabulary.size()}, std::vector<Token>{2});
  EXPECT_EQ(bias.always[0], 0);
  EXPECT_TRUE(std::isinf(bias.always[1]));
  EXPECT_EQ(bias.always[2], 0);
  EXPECT_TRUE(std::isinf(bias.first[1]));
  EXPECT_TRUE(std::isinf(bias.first[2]));
}

}  // namespace
}  // namespace zimu::asr
