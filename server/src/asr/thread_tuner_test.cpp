#include "asr/thread_tuner.hpp"

#include <gtest/gtest.h>

namespace zimu::asr {
namespace {

using Seconds = std::chrono::duration<double>;
constexpr ThreadTuner::Pace kPace{4, 20, 3};

/// Runs `calls` calls; `cost(threads)` says what each takes. Returns the threads outside trials at the end.
template <class Cost>
int settle(ThreadTuner& tuner, int calls, Cost cost) {
  for (int i = 0; i < calls; ++i) tuner.took(Seconds(cost(tuner.threads())));
  while (tuner.on_trial()) tuner.took(Seconds(cost(tuner.threads())));
  return tuner.threads();
}

TEST(ThreadTuner, OneCoreHasNothingToTry) {
  ThreadTuner tuner(1, kPace);
  EXPECT_EQ(settle(tuner, 1000, [](int) { return 0.01; }), 1);
  EXPECT_EQ(ThreadTuner(0, kPace).threads(), 1);
}

TEST(ThreadTuner, FreeCoresAreUsed) {
  ThreadTuner tuner(8, kPace);
  EXPECT_EQ(tuner.threads(), 8);
  EXPECT_EQ(settle(tuner, 500, [](int threads) { return 0.08 / threads; }), 8);
}

TEST(ThreadTuner, BusyCoresAreLeftAndComeBack) {
  ThreadTuner tuner(4, kPace);
  EXPECT_EQ(settle(tuner, 200, [](int threads) { return threads == 1 ? 0.01 : 0.5; }), 1);
  EXPECT_EQ(settle(tuner, 5000, [](int threads) { return 0.01 / threads; }), 4);
}

TEST(ThreadTuner, AHopelessTrialEndsAfterOneCall) {
  ThreadTuner tuner(2, kPace);
  for (int i = 0; i < kPace.first; ++i) tuner.took(Seconds(0.01));
  ASSERT_TRUE(tuner.on_trial());
  tuner.took(Seconds(1.0));
  EXPECT_FALSE(tuner.on_trial());
  EXPECT_EQ(tuner.threads(), 2);
}

TEST(ThreadTuner, TrialsBecomeRareWhileTheyFail) {
  ThreadTuner tuner(2, kPace);
  int trials = 0;
  for (int i = 0; i < 10000; ++i) {
    const bool before = tuner.on_trial();
    tuner.took(Seconds(tuner.threads() == 2 ? 0.001 : 0.01));
    trials += !before && tuner.on_trial() ? 1 : 0;
  }
  EXPECT_LT(trials, 30);
}

}  // namespace
}  // namespace zimu::asr
