#include "asr/net/mel.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "asr/net/kernels.hpp"
#include "base/check.hpp"

namespace zimu::asr {
namespace {

constexpr int kTransform = 400;  // samples: 25 ms
constexpr int kHop = 160;        // 10 ms
constexpr int kHalf = kTransform / 2;
constexpr std::size_t kMostSamples = 480000;
constexpr int kBlock = 48;       // frames at a time
// A real signal's transform is the cosines' of its even part and the sines' of its odd part, half as long each.
constexpr int kEven = kHalf + 1;
constexpr int kOdd = kHalf - 1;
constexpr int kRow = 208;        // kBins in whole vectors
constexpr float kFloor = 1e-10F;

std::size_t at(int row, int column) { return static_cast<std::size_t>(row) * kRow + static_cast<std::size_t>(column); }

}  // namespace

MelSpectrogram::MelSpectrogram(int bands, std::vector<float> filters)
    : bands_(bands), filters_(static_cast<std::size_t>(kBins) * static_cast<std::size_t>(bands)),
      waves_(static_cast<std::size_t>(kEven + kOdd) * kRow) {
  ZIMU_CHECK(filters.size() == filters_.size() && bands % 16 == 0);
  for (int band = 0; band < bands; ++band) {
    for (int bin = 0; bin < kBins; ++bin) {
      filters_[static_cast<std::size_t>(bin * bands + band)] = filters[static_cast<std::size_t>(band * kBins + bin)];
    }
  }
  // The Hann window is even around the middle sample, so it goes into the waves.
  for (int bin = 0; bin < kBins; ++bin) {
    for (int n = 0; n <= kHalf; ++n) {
      const double angle = 2 * std::numbers::pi * bin * (n + kHalf) / kTransform;
      const double hann = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * (n + kHalf) / kTransform);
      if (n < kEven) waves_[at(n, bin)] = static_cast<float>(hann * std::cos(angle));
      if (n > 0 && n <= kOdd) waves_[at(kEven + n - 1, bin)] = static_cast<float>(hann * std::sin(angle));
    }
  }
}

float MelSpectrogram::transform(std::span<const float> padded, int first, int count, float* out) const {
  const Kernels& kernel = kernels();
  std::vector<float> parts(static_cast<std::size_t>(kBlock) * (kEven + kOdd));
  for (int f = 0; f < count; ++f) {
    const float* x = padded.data() + static_cast<std::size_t>(first + f) * kHop;
    float* even = parts.data() + static_cast<std::size_t>(f) * (kEven + kOdd);
    float* odd = even + kEven;
    // Around sample kHalf: n and -n. The sample at -kHalf has no partner, and the window makes it nothing.
    even[0] = x[kHalf];
    for (int n = 1; n < kHalf; ++n) {
      even[n] = x[kHalf + n] + x[kHalf - n];
      odd[n - 1] = x[kHalf + n] - x[kHalf - n];
    }
    even[kHalf] = x[0];
  }
  std::vector<float> real(static_cast<std::size_t>(kBlock) * kRow);
  std::vector<float> imaginary(real.size());
  kernel.multiply_add(parts.data(), kEven + kOdd, waves_.data(), kRow, count, kRow, kEven, real.data(), kRow);
  kernel.multiply_add(parts.data() + kEven, kEven + kOdd, waves_.data() + at(kEven, 0), kRow, count, kRow, kOdd,
                      imaginary.data(), kRow);
  for (std::size_t i = 0; i < real.size(); ++i) real[i] = real[i] * real[i] + imaginary[i] * imaginary[i];
  const auto width = static_cast<std::size_t>(bands_);
  kernel.multiply_add(real.data(), kRow, filters_.data(), width, count, bands_, kBins, out, width);
  float peak = std::log10(kFloor);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count) * width; ++i) {
    out[i] = std::log10(std::max(out[i], kFloor));
    peak = std::max(peak, out[i]);
  }
  return peak;
}

std::vector<float> MelSpectrogram::operator()(std::span<const float> audio, Team* team) const {
  const auto samples = audio.first(std::min(audio.size(), kMostSamples));
  // Mirrored before the first sample, silent after the last.
  std::vector<float> padded(kMostSamples + 2 * kHalf);
  std::ranges::copy(samples, padded.begin() + kHalf);
  for (std::size_t i = 1; i <= kHalf && i < samples.size(); ++i) padded[kHalf - i] = samples[i];

  const auto width = static_cast<std::size_t>(bands_);
  std::vector<float> mel(static_cast<std::size_t>(kFrames) * width);
  const int frames = std::min<int>(kFrames, static_cast<int>((samples.size() + kHalf) / kHop) + 1);
  const int blocks = (frames + kBlock - 1) / kBlock;
  std::vector<float> peaks(static_cast<std::size_t>(blocks));
  const auto work = [&](int block) {
    const int first = block * kBlock;
    peaks[static_cast<std::size_t>(block)] = transform(padded, first, std::min(kBlock, frames - first),
                                                       mel.data() + static_cast<std::size_t>(first) * width);
  };
  if (team != nullptr) {
    team->each(blocks, [&](int block, int) { work(block); });
  } else {
    for (int block = 0; block < blocks; ++block) work(block);
  }
  std::fill(mel.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(frames) * width), mel.end(),
            std::log10(kFloor));
  const float least = *std::ranges::max_element(peaks) - 8.0F;
  for (float& value : mel) value = (std::max(value, least) + 4.0F) / 4.0F;
  return mel;
}

}  // namespace zimu::asr
