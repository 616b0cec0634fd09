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
  const Coverage coverage = measure_coverage(sound("..."), {});
  EXPECT_EQ(coverage.audible, 0ms);
  EXPECT_TRUE(coverage.gaps.empty());
  EXPECT_EQ(measure_coverage({}, {}).audible, 0ms);
}

TEST(Coverage, SoundWithoutTextIsAGap) {
  const std::vector<Stretch> texts{{1000ms, 2000ms}, {6000ms, 7000ms}};
  const Coverage coverage = measure_coverage(sound(".#.##.#."), texts);
  EXPECT_EQ(coverage.audible, 4000ms);
  EXPECT_EQ(coverage.covered, 2000ms);
  ASSERT_EQ(coverage.gaps.size(), 1U);
  EXPECT_EQ(coverage.gaps[0], (Stretch{3000ms, 5000ms}));
}

TEST(Coverage, TextCutsAGapInTwoAndShortOnesDoNotCount) {
  const std::vector<Stretch> texts{{1500ms, 3200ms}};
  const Coverage coverage = measure_coverage(sound("####"), texts);
  ASSERT_EQ(coverage.gaps.size(), 1U);  // the half second after the text is none
  EXPECT_EQ(coverage.gaps[0], (Stretch{0ms, 1260ms}));
  EXPECT_EQ(coverage.audible - coverage.covered, 1800ms);
}

}  // namespace
}  // namespace zimu::worker
