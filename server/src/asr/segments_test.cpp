#include "asr/segments.hpp"

#include <gtest/gtest.h>

#include "asr/toy_vocabulary.hpp"

namespace zimu::asr {
namespace {

using namespace std::chrono_literals;

class SegmentsTest : public testing::Test {
 protected:
  /// Numbers are times in steps of 20 ms, texts are text.
  struct Item {
    Item(int step) : index(step) {}
    Item(const char* words) : text(words) {}
    int index = -1;
    std::string text;
  };
  Split split(const std::vector<Item>& items, Milliseconds length = 20s) {
    decoding_ = {};
    for (const Item& item : items) {
      if (item.index >= 0) {
        decoding_.tokens.push_back(vocabulary_.special().timestamp_begin + item.index);
        continue;
      }
      for (const Token token : vocabulary_.encode(item.text)) decoding_.tokens.push_back(token);
    }
    return split_at_timestamps(decoding_, vocabulary_.special(), length);
  }
  std::string text(const Slice& slice) const {
    return vocabulary_.decode({decoding_.tokens.begin() + static_cast<std::ptrdiff_t>(slice.first),
                               decoding_.tokens.begin() + static_cast<std::ptrdiff_t>(slice.last)});
  }
  Vocabulary vocabulary_ = toy_vocabulary();
  Decoding decoding_;
};

TEST_F(SegmentsTest, PairsOfTimesMakeSlices) {
  const Split s = split({0, " one", 100, 150, " two", 400});
  ASSERT_EQ(s.slices.size(), 2U);
  EXPECT_EQ(s.slices[0].start, 0s);
  EXPECT_EQ(s.slices[0].end, 2s);
  EXPECT_EQ(text(s.slices[0]), " one");
  EXPECT_EQ(s.slices[1].start, 3s);
  EXPECT_EQ(s.slices[1].end, 8s);
  EXPECT_EQ(text(s.slices[1]), " two");
  EXPECT_EQ(s.spoken_to, 8s);
  EXPECT_FALSE(s.unfinished);
}

TEST_F(SegmentsTest, OneTimeBetweenTextsClosesAndOpens) {
  const Split s = split({0, " one", 100, " two", 200});
  ASSERT_EQ(s.slices.size(), 2U);
  EXPECT_EQ(s.slices[1].start, 2s);
  EXPECT_EQ(s.slices[1].end, 4s);
}

TEST_F(SegmentsTest, TextAfterTheLastTimeWaitsForAnotherWindow) {
  const Split s = split({0, " one", 100, 100, " tw"});
  ASSERT_EQ(s.slices.size(), 1U);
  EXPECT_TRUE(s.unfinished);
  EXPECT_EQ(s.spoken_to, 2s);
}

TEST_F(SegmentsTest, TextWithoutAnyClosingTimeRunsToTheEnd) {
  const Split s = split({10, " all of it"}, 5s);
  ASSERT_EQ(s.slices.size(), 1U);
  EXPECT_EQ(s.slices[0].start, 200ms);
  EXPECT_EQ(s.slices[0].end, 5s);
  EXPECT_EQ(s.spoken_to, 5s);
  EXPECT_FALSE(s.unfinished);
  const Split bare = split({" no times at all"}, 5s);
  ASSERT_EQ(bare.slices.size(), 1U);
  EXPECT_EQ(bare.slices[0].start, 0s);
}

TEST_F(SegmentsTest, NothingLiesPastTheAudio) {
  const Split s = split({0, " one", 400, 600, " made up", 700}, 6s);
  ASSERT_EQ(s.slices.size(), 1U);
  EXPECT_EQ(s.slices[0].end, 6s);
  EXPECT_EQ(s.spoken_to, 6s);
  EXPECT_TRUE(split({}, 6s).slices.empty());
}

TEST_F(SegmentsTest, AudibleTailIsDecodedAgainSilentOneIsNot) {
  std::vector<float> audio(10 * 16000, 0.0F);
  for (std::size_t i = 0; i < 5 * 16000; ++i) audio[i] = (i % 20 < 10) ? 0.3F : -0.3F;
  const Split s = split({0, " one", 250}, 10s);  // to 5 s
  EXPECT_EQ(choose_consumed(s, Loudness(audio), 10s), 10s);
  for (std::size_t i = 7 * 16000; i < 9 * 16000; ++i) audio[i] = (i % 20 < 10) ? 0.3F : -0.3F;
  EXPECT_EQ(choose_consumed(s, Loudness(audio), 10s), 5s);
  EXPECT_EQ(choose_consumed(split({}, 10s), Loudness(audio), 10s), 10s);
  // A first step that is too small takes all: a job always ends.
  EXPECT_EQ(choose_consumed(split({0, " a", 20}, 10s), Loudness(audio), 10s), 10s);
}

Decoding decoding_of(const Vocabulary& vocabulary, const std::vector<std::string>& segments, float avg_logprob) {
  Decoding decoding;
  const Token begin = vocabulary.special().timestamp_begin;
  int step = 0;
  for (const std::string& text : segments) {
    decoding.tokens.push_back(begin + step);
    for (const Token token : vocabulary.encode(text)) decoding.tokens.push_back(token);
    decoding.tokens.push_back(begin + (step += 100));
  }
  decoding.avg_logprob = avg_logprob;
  return decoding;
}

TEST(NextToNothing, IsTheSameOverAndOverForLongSound) {
  const Vocabulary vocabulary = toy_vocabulary();
  const std::vector<std::string> hum(8, " a");
  EXPECT_TRUE(says_next_to_nothing(decoding_of(vocabulary, hum, -0.5F), vocabulary, 27s));
  // Said quickly it is speech: "no. no. no." in two audible seconds.
  EXPECT_FALSE(says_next_to_nothing(decoding_of(vocabulary, hum, -0.5F), vocabulary, 4s));
  // Few words, but each its own, and the model is sure.
  EXPECT_FALSE(says_next_to_nothing(decoding_of(vocabulary, {" a", " b", " c", " d"}, -0.5F), vocabulary, 27s));
}

TEST(NextToNothing, IsUnsureAndSparse) {
  const Vocabulary vocabulary = toy_vocabulary();
  EXPECT_TRUE(says_next_to_nothing(decoding_of(vocabulary, {" a"}, -1.1F), vocabulary, 10s));
  EXPECT_FALSE(says_next_to_nothing(decoding_of(vocabulary, {" a"}, -0.9F), vocabulary, 10s));
}

}  // namespace
}  // namespace zimu::asr
