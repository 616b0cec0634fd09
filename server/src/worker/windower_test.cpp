#include "worker/windower.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string_view>
#include <vector>

namespace zimu::worker {
namespace {

using namespace std::chrono_literals;

/// 100 ms for each character: '#' a tone, '-' one 45 dB softer, '.' nothing.
std::vector<float> sound(std::string_view mask, float level = 0.3F) {
  std::vector<float> out;
  for (const char c : mask) {
    const float amplitude = c == '#' ? level : c == '-' ? level / 178 : 0;
    for (int i = 0; i < kSampleRateHz / 10; ++i) out.push_back(amplitude * std::sin(static_cast<float>(i) * 0.4F));
  }
  return out;
}
std::string repeat(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}
double seconds(const Cut& cut) { return static_cast<double>(cut.length) / kSampleRateHz; }

TEST(Windower, AShortRecordingIsOneWindow) {
  const auto audio = sound(repeat("###.", 20));
  const Cut cut = next_cut(audio, true);
  EXPECT_EQ(cut.length, audio.size());
  EXPECT_FALSE(cut.silence);
}

TEST(Windower, SilenceIsAWindowOfItsOwn) {
  const auto all_silent = sound(repeat(".", 50));
  EXPECT_EQ(next_cut(all_silent, true).length, all_silent.size());
  EXPECT_TRUE(next_cut(all_silent, true).silence);
  const auto leading = sound(repeat(".", 40) + repeat("###.", 20));
  const Cut cut = next_cut(leading, true);
  EXPECT_TRUE(cut.silence);
  EXPECT_NEAR(seconds(cut), 3.8, 0.05);  // a little is left before the speech
}

TEST(Windower, LongSilenceEndsAWindowEarly) {
  const auto audio = sound(repeat("###.", 10) + repeat(".", 60) + repeat("###.", 40));
  const Cut cut = next_cut(audio, false);
  EXPECT_FALSE(cut.silence);
  EXPECT_NEAR(seconds(cut), 4.1, 0.2);
}

TEST(Windower, CutsInAPauseNotInAWord) {
  const std::string mask = repeat("#", 230) + "....." + repeat("#", 120);
  const Cut cut = next_cut(sound(mask), false);
  EXPECT_GE(seconds(cut), 23.0);
  EXPECT_LE(seconds(cut), 23.5);
}

TEST(Windower, SoundWithoutPausesIsCutSomewhere) {
  const auto audio = sound(repeat("#", 400));
  const Cut cut = next_cut(audio, false);
  EXPECT_GT(cut.length, std::size_t{15 * kSampleRateHz});
  EXPECT_LE(cut.length, kMaxWindowSamples);
  EXPECT_EQ(cut.length % kSamplesPerMs, 0U);
}

TEST(Windower, AQuietRecordingIsNotSilence) {
  // Everything is 50 dB softer; what is soft in it is not silence yet.
  const auto audio = sound(repeat("##--", 50), 0.001F);
  EXPECT_FALSE(next_cut(audio, true).silence);
  EXPECT_EQ(next_cut(audio, true).length, audio.size());
}

TEST(Windower, EveryRecordingEnds) {
  for (const std::string_view mask : {"#", ".", "#.", ".#", "...#", "#..."}) {
    for (const std::size_t tail : {0U, 1U, 7U, 160U}) {
      auto audio = sound(repeat(mask, 90));
      audio.resize(audio.size() + tail, 0.2F);
      std::span<const float> rest = audio;
      int windows = 0;
      while (!rest.empty()) {
        const auto look = rest.first(std::min(rest.size(), kLookSamples + 1));
        const Cut cut = next_cut(look, look.size() == rest.size());
        ASSERT_GT(cut.length, 0U);
        ASSERT_LE(cut.length, rest.size());
        ASSERT_LE(cut.length, kLookSamples);
        rest = rest.subspan(cut.length);
        ASSERT_LT(++windows, 200);
      }
    }
  }
}

TEST(Windower, WhereAJobGoesOnItCutsTheSame) {
  const auto audio = sound(repeat("###.##..#", 120));
  const Cut first = next_cut(std::span(audio).first(kLookSamples + 1), false);
  const auto rest = std::span(audio).subspan(first.length);
  const Cut going = next_cut(rest.first(kLookSamples + 1), false);
  const std::vector<float> copy(rest.begin(), rest.begin() + kLookSamples + 1);
  EXPECT_EQ(next_cut(copy, false).length, going.length);
}

TEST(Coverage, CountsWhatIsHeardAndWhatIsWritten) {
  const auto audio = sound("##########..........##########");
  const std::pair<Milliseconds, Milliseconds> stretch{0ms, 1000ms};
  const Audible heard = audible(audio, std::span(&stretch, 1));
  EXPECT_EQ(heard.total, 2000ms);
  EXPECT_EQ(heard.covered, 1000ms);
  EXPECT_EQ(audible({}, {}).total, 0ms);
}

}  // namespace
}  // namespace zimu::worker
