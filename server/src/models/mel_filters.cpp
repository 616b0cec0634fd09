#include "models/mel_filters.hpp"

#include <algorithm>
#include <cmath>

namespace zimu::models {
namespace {

constexpr double kSampleRateHz = 16000.0;
constexpr double kFftSize = 400.0;
// Slaney's scale: linear below 1 kHz (3 mel per 200 Hz), logarithmic above (27 steps to 6.4 kHz).
constexpr double kHzPerMel = 200.0 / 3.0;
constexpr double kBreakHz = 1000.0;
constexpr double kBreakMel = kBreakHz / kHzPerMel;

double log_step() { return std::log(6.4) / 27.0; }

double mel_from_hz(double hz) {
  return hz < kBreakHz ? hz / kHzPerMel : kBreakMel + std::log(hz / kBreakHz) / log_step();
}

double hz_from_mel(double mel) {
  return mel < kBreakMel ? mel * kHzPerMel : kBreakHz * std::exp(log_step() * (mel - kBreakMel));
}

}  // namespace

std::vector<float> mel_filters(int bands) {
  std::vector<double> edges_hz;
  const double top_mel = mel_from_hz(kSampleRateHz / 2.0);
  for (int i = 0; i < bands + 2; ++i) edges_hz.push_back(hz_from_mel(top_mel * i / (bands + 1)));

  std::vector<float> filters;
  filters.reserve(static_cast<std::size_t>(bands) * kSpectrumBins);
  for (std::size_t band = 0; band < static_cast<std::size_t>(bands); ++band) {
    const double low = edges_hz[band];
    const double centre = edges_hz[band + 1];
    const double high = edges_hz[band + 2];
    const double area = 2.0 / (high - low);
    for (int bin = 0; bin < kSpectrumBins; ++bin) {
      const double hz = bin * kSampleRateHz / kFftSize;
      const double rise = (hz - low) / (centre - low);
      const double fall = (high - hz) / (high - centre);
      // Rounded twice, because the reference keeps the triangle in single precision before it scales it.
      const auto triangle = static_cast<float>(std::max(0.0, std::min(rise, fall)));
      filters.push_back(static_cast<float>(static_cast<double>(triangle) * area));
    }
  }
  return filters;
}

}  // namespace zimu::models
