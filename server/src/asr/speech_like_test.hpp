#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace zimu::asr {

/// A voice made of numbers: pulses of a gliding pitch through three resonances, syllable by syllable. Silero VAD takes it
/// for speech. The same on every machine but for the last bits.
class Voice {
 public:
  /// 100 ms for each character: a vowel of "aeiou", 'n' noise as of a fan, '.' nothing.
  std::vector<float> say(std::string_view text, float loudness = 0.3F) {
    std::vector<float> out;
    for (const char c : text) {
      for (std::size_t i = 0; i < kStep; ++i) out.push_back(loudness * next(c, i));
    }
    return out;
  }

 private:
  static constexpr std::size_t kStep = 1600;
  static constexpr double kRate = 16000;
  static constexpr double kTurn = 6.283185307179586;

  struct Resonance {
    double before = 0;
    double last = 0;
    double pass(double in, double hz, double width) {
      const double r = std::exp(-kTurn / 2 * width / kRate);
      const double out = in * (1 - r) + 2 * r * std::cos(kTurn * hz / kRate) * last - r * r * before;
      before = last;
      last = out;
      return out;
    }
  };

  float next(char c, std::size_t i) {
    noise_ = noise_ * 1664525U + 1013904223U;
    const double hiss = static_cast<double>(noise_ >> 8U) / (1U << 23U) - 1;
    if (c == '.') return 0;
    if (c == 'n') return static_cast<float>(0.3 * hiss);
    const double t = static_cast<double>(i) / kStep;
    pitch_ += (130 + 25 * std::sin(kTurn * 0.7 * static_cast<double>(count_++) / kRate)) / kRate;
    double pulse = 0.02 * hiss;
    if (pitch_ >= 1) {
      pitch_ -= 1;
      pulse += 8;
    }
    static constexpr std::string_view kVowels = "aeiou";
    static constexpr std::array<std::array<double, 3>, 5> kFormants{
        {{730, 1090, 2440}, {530, 1840, 2480}, {270, 2290, 3010}, {570, 840, 2410}, {300, 870, 2240}}};
    const auto& formants = kFormants[kVowels.find(c)];
    double sound = 0;
    for (std::size_t k = 0; k < 3; ++k) sound += resonances_[k].pass(pulse, formants[k], 90) / (1 + static_cast<double>(k));
    return static_cast<float>(sound * std::sin(kTurn / 2 * (0.1 + 0.85 * t)));
  }

  std::uint32_t noise_ = 1;
  std::uint64_t count_ = 0;
  double pitch_ = 0;
  std::array<Resonance, 3> resonances_;
};

}  // namespace zimu::asr
