#include "asr/loudness.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "asr/engine.hpp"

namespace zimu::asr {
namespace {

constexpr std::size_t kFrameMs = 10;
constexpr std::size_t kFrameSamples = kSampleRateHz * kFrameMs / 1000;
constexpr float kSilenceRms = 1e-4F;        // -80 dBFS: three steps of a 16-bit sample
constexpr float kAudibleShare = 0.06F;      // of the loud parts: -24 dB
constexpr double kLoudPercentile = 0.95;

float root_mean_square(std::span<const float> samples) {
  double sum = 0;
  for (const float sample : samples) sum += static_cast<double>(sample) * sample;
  return samples.empty() ? 0 : static_cast<float>(std::sqrt(sum / static_cast<double>(samples.size())));
}

}  // namespace

Loudness::Loudness(std::span<const float> audio) {
  for (std::size_t at = 0; at < audio.size(); at += kFrameSamples) {
    rms_.push_back(root_mean_square(audio.subspan(at, std::min(kFrameSamples, audio.size() - at))));
  }
  if (rms_.empty()) return;
  std::vector<float> sorted = rms_;
  const auto nth = static_cast<std::ptrdiff_t>(kLoudPercentile * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), sorted.begin() + nth, sorted.end());
  loud_ = sorted[static_cast<std::size_t>(nth)];
  threshold_ = std::max(kSilenceRms, loud_ * kAudibleShare);
}

bool Loudness::silent() const noexcept {
  return std::none_of(rms_.begin(), rms_.end(), [](float rms) { return rms > kSilenceRms; });
}

std::size_t Loudness::frame_at(Milliseconds time) const noexcept {
  const auto frame = static_cast<std::size_t>(std::max<std::int64_t>(time.count(), 0)) / kFrameMs;
  return std::min(frame, rms_.size());
}

Milliseconds Loudness::audible(Milliseconds from, Milliseconds to) const {
  std::size_t frames = 0;
  for (std::size_t i = frame_at(from); i < frame_at(to); ++i) frames += rms_[i] > threshold_ ? 1 : 0;
  return Milliseconds(static_cast<std::int64_t>(frames * kFrameMs));
}

void Loudness::shrink_to_audible(Milliseconds& from, Milliseconds& to) const {
  const std::size_t begin = frame_at(from);
  const std::size_t end = frame_at(to);
  std::size_t first = begin;
  while (first < end && rms_[first] <= threshold_) ++first;
  if (first == end) return;
  std::size_t last = end;
  while (last > first && rms_[last - 1] <= threshold_) --last;
  const auto start = Milliseconds(static_cast<std::int64_t>(first * kFrameMs));
  const auto stop = Milliseconds(static_cast<std::int64_t>(last * kFrameMs));
  from = std::max(from, start);
  to = std::min(to, stop);
}

}  // namespace zimu::asr
