#include "asr/vad/detector.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "asr/speech_like_test.hpp"

namespace zimu::asr::vad {
namespace {

std::vector<float> listen(std::span<const float> samples, std::uint64_t from, std::size_t piece) {
  Detector detector(from);
  std::vector<float> out;
  const auto take = [&] {
    const auto known = detector.take();
    out.insert(out.end(), known.begin(), known.end());
  };
  for (std::size_t at = from; at < samples.size(); at += piece) {
    detector.push(samples.subspan(at, std::min(piece, samples.size() - at)));
    take();
  }
  detector.finish();
  take();
  return out;
}

/// Speech for some seconds, a pause, noise, and again: `seconds` of it.
std::vector<float> talk(std::size_t seconds) {
  Voice voice;
  std::vector<float> out;
  for (std::size_t i = 0; out.size() < seconds * 16000; ++i) {
    static constexpr std::array<const char*, 3> kTexts{"aeiou.oiaue.aoei......", "nnnnnnnniaeuo.ieae", "..............eiaou"};
    const auto more = voice.say(kTexts[i % 3]);
    out.insert(out.end(), more.begin(), more.end());
  }
  out.resize(seconds * 16000 + 77);
  return out;
}

TEST(Detector, HearsSpeechAndNothingElse) {
  const auto heard = listen(Voice().say("..........aeiouaoeia..........nnnnnnnnnn"), 0, 16000);
  ASSERT_EQ(heard.size(), 125U);
  for (std::size_t frame = 0; frame < heard.size(); ++frame) {
    const bool speech = frame >= 34 && frame < 61;
    const bool edge = frame >= 31 && frame < 68;
    if (speech) {
      EXPECT_GT(heard[frame], 0.8F) << frame;
    } else if (!edge) {
      EXPECT_LT(heard[frame], 0.2F) << frame;
    }
  }
}

TEST(Detector, WhatIsTooSoftIsSilence) {
  const auto whisper = Voice().say("aeiouaoeia", 1e-4F);
  EXPECT_EQ(std::ranges::max(listen(whisper, 0, 16000)), 0.0F);
  const auto soft = Voice().say("aeiouaoeia", 5e-3F);
  EXPECT_GT(std::ranges::max(listen(soft, 0, 16000)), 0.8F);
}

TEST(Detector, ThePiecesItGetsDoNotMatter) {
  const auto sound = talk(40);
  const auto whole = listen(sound, 0, sound.size());
  ASSERT_EQ(whole.size(), (sound.size() + kFrameSamples - 1) / kFrameSamples);
  for (const std::size_t piece : {1000U, 25600U, 100001U}) EXPECT_EQ(listen(sound, 0, piece), whole) << piece;
}

TEST(Detector, BegunLaterItHearsTheSame) {
  const auto sound = talk(70);
  const auto whole = listen(sound, 0, sound.size());
  for (const std::uint64_t position : {0U, 255999U, 256000U, 300000U, 800000U, 1100000U}) {
    const std::uint64_t from = Detector::listen_from(position);
    ASSERT_LE(from, position);
    const auto later = listen(sound, from, 16000);
    const std::size_t frame = position / kFrameSamples;
    const std::vector<float> expected(whole.begin() + static_cast<std::ptrdiff_t>(frame), whole.end());
    const std::vector<float> found(later.end() - static_cast<std::ptrdiff_t>(expected.size()), later.end());
    EXPECT_EQ(found, expected) << position;
  }
}

}  // namespace
}  // namespace zimu::asr::vad
