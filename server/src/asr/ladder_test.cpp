#include "asr/ladder.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace zimu::asr {
namespace {

Decoding decoding(float temperature, float logprob, float ratio = 1.5F, bool looping = false, float no_speech = 0) {
  Decoding d;
  d.temperature = temperature;
  d.avg_logprob = logprob;
  d.compression_ratio = ratio;
  d.looping = looping;
  d.no_speech_prob = no_speech;
  return d;
}

/// All the way up. `attempt(temperature, seed)` decodes once.
LadderOutcome climb(float first_temperature, const std::function<Decoding(float, int)>& attempt) {
  Ladder ladder(first_temperature, Ladder::Beam::kNever);
  for (bool again = true; again;) {
    const Rung rung = ladder.rung();
    again = ladder.climb(attempt(rung.temperature, static_cast<int>(rung.seed)));
  }
  return ladder.outcome();
}

TEST(Ladder, KeepsAGoodFirstDecoding) {
  int attempts = 0;
  const auto outcome = climb(0, [&](float t, int) { ++attempts; return decoding(t, -0.2F); });
  EXPECT_EQ(attempts, 1);
  EXPECT_TRUE(outcome.retries.empty());
}

TEST(Ladder, ClimbsUntilOneIsGoodAndSaysWhatWasThrownAway) {
  std::vector<int> rungs;
  const auto outcome = climb(0, [&](float t, int rung) {
    rungs.push_back(rung);
    if (rung == 0) return decoding(t, -0.2F, 1.0F, true);
    if (rung == 1) return decoding(t, -0.2F, 3.0F);
    return decoding(t, -0.3F);
  });
  EXPECT_EQ(rungs, (std::vector<int>{0, 1, 2}));
  EXPECT_NEAR(outcome.kept.temperature, 0.4, 1e-5);
  ASSERT_EQ(outcome.retries.size(), 2U);
  EXPECT_EQ(outcome.retries[0].reason, "repetition");
  EXPECT_EQ(outcome.retries[1].reason, "compression_ratio");
  EXPECT_FLOAT_EQ(outcome.retries[1].value, 3.0F);
}

TEST(Ladder, KeepsTheSurestThatDoesNotLoopWhenAllFail) {
  const auto outcome = climb(0, [](float t, int rung) {
    if (rung == 2) return decoding(t, -1.2F);
    if (rung == 0) return decoding(t, -0.1F, 5.0F, true);
    return decoding(t, -2.0F);
  });
  EXPECT_NEAR(outcome.kept.temperature, 0.4, 1e-5);
  EXPECT_EQ(outcome.retries.size(), 4U);
}

TEST(Ladder, StartsWhereItIsTold) {
  std::vector<float> seen;
  const auto outcome = climb(0.6F, [&](float t, int) { seen.push_back(t); return decoding(t, -5); });
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_NEAR(seen[1], 0.8, 1e-5);
  EXPECT_EQ(climb(1.0F, [](float t, int) { return decoding(t, -5); }).kept.temperature, 1.0F);
}

TEST(Ladder, ABeamSearchComesFirstWhereItIsAskedFor) {
  Ladder ladder(0, Ladder::Beam::kFirst);
  EXPECT_TRUE(ladder.rung().beam);
  ASSERT_TRUE(ladder.climb(decoding(0, -3)));
  EXPECT_FALSE(ladder.rung().beam);
  EXPECT_NEAR(ladder.rung().temperature, 0.2, 1e-5);
}

TEST(Ladder, ABeamSearchComesBeforeWarmth) {
  Ladder ladder(0, Ladder::Beam::kAfterGreedy);
  EXPECT_FALSE(ladder.rung().beam);
  ASSERT_TRUE(ladder.climb(decoding(0, -3)));
  EXPECT_TRUE(ladder.rung().beam);
  EXPECT_EQ(ladder.rung().temperature, 0);
  ASSERT_TRUE(ladder.climb(decoding(0, -2)));
  // Warmth has the seeds that it has without a beam search.
  EXPECT_FALSE(ladder.rung().beam);
  EXPECT_NEAR(ladder.rung().temperature, 0.2, 1e-5);
  EXPECT_EQ(ladder.rung().seed, 1U);
  EXPECT_FALSE(ladder.climb(decoding(0.2F, -0.5F)));
  const LadderOutcome outcome = ladder.outcome();
  EXPECT_NEAR(outcome.kept.temperature, 0.2, 1e-5);
  EXPECT_EQ(outcome.retries.size(), 2U);
  // Who asks for warmth gets it at once.
  Ladder warm(0.4F, Ladder::Beam::kFirst);
  EXPECT_FALSE(warm.rung().beam);
  ASSERT_TRUE(warm.climb(decoding(0.4F, -3)));
  EXPECT_FALSE(warm.rung().beam);
}

TEST(Ladder, SilenceIsNotTriedAgain) {
  EXPECT_TRUE(is_silence(decoding(0, -1.6F, 1, false, 0.35F)));   // white noise
  EXPECT_TRUE(is_silence(decoding(0, -0.8F, 1, false, 0.95F)));   // "you" on music
  EXPECT_FALSE(is_silence(decoding(0, -0.3F, 1, false, 0.9F)));   // a sure word in a quiet window
  EXPECT_FALSE(is_silence(decoding(0, -1.5F, 1, false, 0.05F)));  // unclear speech
  EXPECT_FALSE(find_fault(decoding(0, -1.6F, 9, true, 0.35F)).has_value());
  EXPECT_EQ(find_fault(decoding(0, -1.5F, 1, false, 0.05F))->reason, "avg_logprob");
}

}  // namespace
}  // namespace zimu::asr
