#include "worker/coverage.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace zimu::worker {
namespace {

using namespace std::chrono_literals;

/// A second for each character: '#' a tone, '.' nothing.
std::vector<float> sound(std::string_view mask) {
  std::vector<float> out;
  for (const char c : mask) {
    for (int i = 0; i < 16000; ++i) out.push_back(c == '#' ? 0.1F * std::sin(static_cast<float>(i) * 0.4F) : 0.0F);
  }
  return out;
}

TEST(Coverage, OfSilenceThereIsNothingToCover) {
  const domain::Coverage coverage = measure_coverage(sound("..."), 0ms, {});
  EXPECT_EQ(coverage.audible, 0ms);
  EXPECT_TRUE(coverage.gaps.empty());
  EXPECT_EQ(measure_coverage({}, 0ms, {}).audible, 0ms);
}

TEST(Coverage, SoundWithoutTextIsAGap) {
  const std::vector<Stretch> texts{{1000ms, 2000ms}, {6000ms, 7000ms}};
  const domain::Coverage coverage = measure_coverage(sound(".#.##.#."), 0ms, texts);
  EXPECT_EQ(coverage.audible, 4000ms);
  EXPECT_EQ(coverage.covered, 2000ms);
  ASSERT_EQ(coverage.gaps.size(), 1U);
  EXPECT_EQ(coverage.gaps[0].start, 3000ms);
  EXPECT_EQ(coverage.gaps[0].end, 5000ms);
}

TEST(Coverage, IsInTheTimeOfTheRecording) {
  const std::vector<Stretch> texts{{62'000ms, 63'000ms}};
  const domain::Coverage coverage = measure_coverage(sound("##.##"), 62'000ms, texts);
  EXPECT_EQ(coverage.covered, 1260ms);
  ASSERT_EQ(coverage.gaps.size(), 1U);  // the rest of the first sound is short
  EXPECT_EQ(coverage.gaps[0].start, 65'000ms);
  EXPECT_EQ(coverage.gaps[0].end, 67'000ms);
}

TEST(Coverage, TextCutsAGapInTwoAndShortOnesDoNotCount) {
  const std::vector<Stretch> texts{{1500ms, 3200ms}};
  const domain::Coverage coverage = measure_coverage(sound("####"), 0ms, texts);
  ASSERT_EQ(coverage.gaps.size(), 1U);  // the half second after the text is none
  EXPECT_EQ(coverage.gaps[0].start, 0ms);
  EXPECT_EQ(coverage.gaps[0].end, 1260ms);
  EXPECT_EQ(coverage.audible - coverage.covered, 1800ms);
}

}  // namespace
}  // namespace zimu::worker
