#pragma once
#include <span>
#include <vector>

#include "asr/net/team.hpp"

namespace zimu::asr {

/// Whisper's log-mel spectrogram (openai/whisper audio.py): 25 ms Hann windows every 10 ms, power, mel filters,
/// log10 clamped to 8 below the greatest, (x + 4) / 4. Thread: any (immutable).
class MelSpectrogram {
 public:
  static constexpr int kFrames = 3000;  ///< 30 s
  static constexpr int kBins = 201;
  /// `filters`: [bands][kBins], from the model file.
  MelSpectrogram(int bands, std::vector<float> filters);
  int bands() const noexcept { return bands_; }
  /// Audio: at most 30 s; silence follows it. Result: [kFrames][bands]. With a team its members share the frames.
  std::vector<float> operator()(std::span<const float> audio, Team* team = nullptr) const;

 private:
  /// Logarithms of `count` frames from `first` on; gives the greatest.
  float transform(std::span<const float> padded, int first, int count, float* out) const;

  int bands_;
  std::vector<float> filters_;
  std::vector<float> waves_;  // the transform's sines and cosines
};

}  // namespace zimu::asr
