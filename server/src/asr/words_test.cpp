#include "asr/words.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace zimu::asr {
namespace {

using namespace std::chrono_literals;

std::vector<TimedPiece> pieces(const std::vector<std::string>& texts) {
  std::vector<TimedPiece> out;
  Milliseconds at{0};
  for (const auto& text : texts) {
    out.push_back({text, at, at + 100ms, 0.5F});
    at += 100ms;
  }
  return out;
}

std::vector<std::string> grouped(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const auto& word : group_words(pieces(texts))) out.push_back(word.text);
  return out;
}

using Texts = std::vector<std::string>;

TEST(GroupWords, SpacesBeginWords) {
  EXPECT_EQ(grouped({" Ask", " not", " what", " cou", "ntry", "."}), (Texts{" Ask", " not", " what", " country."}));
  EXPECT_EQ(grouped({" it", "'s", " well", "-", "known", ","}), (Texts{" it's", " well-known,"}));
  EXPECT_EQ(grouped({}), Texts{});
}

TEST(GroupWords, ChineseCharactersAreWordsAndKeepTheirPunctuation) {
  EXPECT_EQ(grouped({"今天", "，", "很", "好。"}), (Texts{"今", "天，", "很", "好。"}));
  EXPECT_EQ(grouped({"我用", "Linux", "写"}), (Texts{"我", "用", "Linux", "写"}));
}

TEST(GroupWords, ACharacterSplitOverPiecesIsWhole) {
  const std::string text = "气";
  EXPECT_EQ(grouped({text.substr(0, 1), text.substr(1)}), Texts{"气"});
  EXPECT_EQ(grouped({text.substr(0, 2)}), Texts{});
}

TEST(GroupWords, PunctuationDoesNotMakeAWordLonger) {
  const auto words = group_words(pieces({" you", ",", " ask"}));
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0].end, 100ms);
  EXPECT_EQ(words[1].start, 200ms);
  EXPECT_FLOAT_EQ(words[1].probability, 0.5F);
}

TEST(HoldsWord, PunctuationIsNone) {
  EXPECT_TRUE(holds_word("a."));
  EXPECT_TRUE(holds_word("好"));
  EXPECT_FALSE(holds_word(" ... "));
  EXPECT_FALSE(holds_word("。…"));
  EXPECT_FALSE(holds_word(""));
}

/// Tone where the mask has '#', one character per 100 ms.
std::vector<float> sound(std::string_view mask) {
  std::vector<float> audio;
  for (const char c : mask) {
    for (int i = 0; i < 1600; ++i) audio.push_back(c == '#' ? 0.3F * std::sin(static_cast<float>(i) * 0.3F) : 0.0F);
  }
  return audio;
}

TEST(FitWords, ThePauseIsTheBorder) {
  // Attention gave the pause, and the beginning of "ask", to "you,".
  std::vector<domain::Word> words{{0ms, 300ms, " you,", 1}, {1400ms, 1440ms, " ask", 1}};
  const auto audio = sound("#####.....#####.....");
  fit_words(words, 0ms, 2000ms, Loudness(audio));
  EXPECT_EQ(words[0].end, 500ms);
  EXPECT_EQ(words[1].start, 1000ms);
}

TEST(FitWords, WordsStayInOrderAndInside) {
  std::vector<domain::Word> words{{500ms, 900ms, " a", 1}, {300ms, 600ms, " b", 1}, {5000ms, 9000ms, " c", 1}, {9000ms, 9500ms, " d", 1}};
  const auto audio = sound("####################");
  fit_words(words, 100ms, 2000ms, Loudness(audio));
  Milliseconds last = 100ms;
  for (const auto& word : words) {
    EXPECT_GE(word.start, last) << word.text;
    EXPECT_GT(word.end, word.start) << word.text;
    last = word.end;
  }
  EXPECT_LE(last, 2000ms);
}

TEST(FitWords, RushedWordsShareTheTimeOfTheSlowOneBeforeThem) {
  std::vector<domain::Word> words{{0ms, 1200ms, " might", 1}, {1200ms, 1240ms, " have", 1}, {1240ms, 1280ms, " been", 1}};
  const auto audio = sound("#############");
  fit_words(words, 0ms, 1300ms, Loudness(audio));
  EXPECT_LT(words[0].end, 700ms);
  EXPECT_GT(words[2].end - words[2].start, 200ms);
}

TEST(SpreadEvenly, ByCharacters) {
  auto list = pieces({"aaa", "b"});
  spread_evenly(list, 1000ms, 2000ms);
  EXPECT_EQ(list[0].start, 1000ms);
  EXPECT_EQ(list[0].end, 1750ms);
  EXPECT_EQ(list[1].end, 2000ms);
}

TEST(Loudness, HearsPauses) {
  const auto audio = sound("##..###....#");
  const Loudness loudness(audio);
  EXPECT_FALSE(loudness.silent());
  EXPECT_EQ(loudness.audible(0ms, 1200ms), 600ms);
  const auto pause = loudness.longest_pause(0ms, 1200ms, 150ms);
  ASSERT_TRUE(pause);
  EXPECT_EQ(pause->first, 700ms);
  EXPECT_EQ(pause->second, 1100ms);
  EXPECT_FALSE(loudness.longest_pause(0ms, 1200ms, 500ms));
  Milliseconds from = 200ms;
  Milliseconds to = 900ms;
  loudness.shrink_to_audible(from, to);
  EXPECT_EQ(from, 400ms);
  EXPECT_EQ(to, 700ms);
  from = 250ms;
  to = 350ms;
  loudness.shrink_to_audible(from, to);
  EXPECT_EQ(from, 250ms);
}

TEST(Loudness, TellsSilenceAndSteadySoundFromSpeech) {
  EXPECT_TRUE(Loudness(std::vector<float>(32000, 0.00001F)).silent());
  EXPECT_TRUE(Loudness(std::vector<float>{}).silent());
  EXPECT_TRUE(Loudness(sound(std::string(40, '#'))).steady());
  EXPECT_FALSE(Loudness(sound("##.##.###..##.##.###..##.##.###..##.##.##")).steady());
  EXPECT_FALSE(Loudness(sound("#####")).steady());  // too short to say
  std::uint32_t state = 1;
  std::vector<float> noise(10 * 16000);
  for (float& sample : noise) {
    state = state * 1664525U + 1013904223U;
    sample = static_cast<float>(state >> 8U) / static_cast<float>(1U << 24U) - 0.5F;
  }
  EXPECT_TRUE(Loudness(noise).steady());
}

}  // namespace
}  // namespace zimu::asr
