#include "asr/net/mel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace zimu::asr {
namespace {

constexpr int kBands = 80;

/// Each band is one bin: what comes out is the spectrum.
std::vector<float> one_bin_each() {
  std::vector<float> filters(static_cast<std::size_t>(kBands * MelSpectrogram::kBins));
  for (int band = 0; band < kBands; ++band) filters[static_cast<std::size_t>(band * MelSpectrogram::kBins + 2 * band)] = 1;
  return filters;
}

std::vector<float> tone(double hertz, std::size_t samples) {
  std::vector<float> out(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    out[i] = static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / 16000));
  }
  return out;
}

TEST(MelSpectrogram, EqualsTheTransformWrittenOut) {
  const MelSpectrogram spectrogram(kBands, one_bin_each());
  std::vector<float> audio = tone(440, 16000);
  for (std::size_t i = 0; i < audio.size(); ++i) audio[i] += 0.1F * static_cast<float>((i * 7919) % 101) / 101;
  const auto mel = spectrogram(audio);
  ASSERT_EQ(mel.size(), static_cast<std::size_t>(MelSpectrogram::kFrames * kBands));
  double peak = -10;
  std::vector<double> wanted;
  for (const int frame : {0, 1, 50, 99}) {
    for (int band = 0; band < kBands; ++band) {
      double re = 0;
      double im = 0;
      for (int n = 0; n < 400; ++n) {
        int at = frame * 160 + n - 200;
        at = at < 0 ? -at : at;
        const double x = at < 16000 ? audio[static_cast<std::size_t>(at)] : 0.0;
        const double hann = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * n / 400);
        re += x * hann * std::cos(2 * std::numbers::pi * 2 * band * n / 400);
        im += x * hann * std::sin(2 * std::numbers::pi * 2 * band * n / 400);
      }
      wanted.push_back(std::log10(std::max(re * re + im * im, 1e-10)));
    }
  }
  for (const float value : mel) peak = std::max(peak, static_cast<double>(value) * 4 - 4);
  std::size_t i = 0;
  for (const int frame : {0, 1, 50, 99}) {
    for (int band = 0; band < kBands; ++band, ++i) {
      const double level = (std::max(wanted[i], peak - 8) + 4) / 4;
      EXPECT_NEAR(mel[static_cast<std::size_t>(frame * kBands + band)], level, 2e-3) << frame << ' ' << band;
    }
  }
}

TEST(MelSpectrogram, AToneStandsInItsBand) {
  const MelSpectrogram spectrogram(kBands, one_bin_each());
  const auto mel = spectrogram(tone(800, 32000));  // bin 20 of 40 Hz
  const float* frame = mel.data() + 100 * kBands;
  EXPECT_EQ(10, std::max_element(frame, frame + kBands) - frame);
  // Silence after the audio is as low as it can be.
  EXPECT_FLOAT_EQ(mel.back(), *std::ranges::min_element(mel));
}

TEST(MelSpectrogram, SilenceIsFlatAndFullLengthFits) {
  const MelSpectrogram spectrogram(kBands, one_bin_each());
  const auto silent = spectrogram(std::vector<float>(16000));
  EXPECT_TRUE(std::ranges::all_of(silent, [](float v) { return v == -1.5F; }));
  EXPECT_EQ(spectrogram(tone(440, 480000)).size(), silent.size());
  EXPECT_EQ(spectrogram(std::vector<float>(1, 1.0F)).size(), silent.size());
}

}  // namespace
}  // namespace zimu::asr
