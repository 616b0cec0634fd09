#include "asr/loudness.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "asr/engine.hpp"

namespace zimu::asr {
namespace {

constexpr std::size_t kFrameMs = 10;
constexpr std::size_t kFrameSamples = kSampleRateHz * kFrameMs / 1000;
constexpr float kSilenceRms = 1e-4F;        // -80 dBFS: three steps of a 16-bit sample
constexpr float kAudibleShare = 0.06F;      // of the loud parts: -24 dB
constexpr double kLoudPercentile = 0.95;
constexpr std::size_t kBlockSamples = kSampleRateHz / 10;  // half a syllable
constexpr std::size_t kFewestBlocks = 20;
constexpr double kSoftPercentile = 0.1;
// Between the loud and the soft blocks. White, pink and brown noise, hum and tones stay below both; speech 6 dB below
// white noise has 1.0 and 5.7 dB.
constexpr float kPreEmphasis = 0.97F;       // makes rumble as even as white noise
constexpr float kSteadyEmphasized = 1.096F;  // 0.8 dB
constexpr float kSteadyRaw = 1.585F;         // 4 dB

float root_mean_square(std::span<const float> samples) {
  double sum = 0;
  for (const float sample : samples) sum += static_cast<double>(sample) * sample;
  return samples.empty() ? 0 : static_cast<float>(std::sqrt(sum / static_cast<double>(samples.size())));
}

float percentile(std::vector<float> values, double share) {
  const auto nth = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + nth, values.end());
  return values[static_cast<std::size_t>(nth)];
}

/// Loud blocks over soft blocks.
float block_range(std::span<const float> audio, float emphasis) {
  std::vector<float> levels;
  for (std::size_t at = 0; at + kBlockSamples < audio.size(); at += kBlockSamples) {
    double sum = 0;
    for (std::size_t i = at + 1; i <= at + kBlockSamples; ++i) {
      const double step = audio[i] - emphasis * audio[i - 1];
      sum += step * step;
    }
    levels.push_back(static_cast<float>(std::sqrt(sum / kBlockSamples)));
  }
  if (levels.size() < kFewestBlocks) return std::numeric_limits<float>::infinity();
  return percentile(levels, kLoudPercentile) / std::max(percentile(levels, kSoftPercentile), kSilenceRms);
}

bool is_steady(std::span<const float> audio) {
  return block_range(audio, kPreEmphasis) < kSteadyEmphasized && block_range(audio, 0) < kSteadyRaw;
}

}  // namespace

Loudness::Loudness(std::span<const float> audio) {
  for (std::size_t at = 0; at < audio.size(); at += kFrameSamples) {
    rms_.push_back(root_mean_square(audio.subspan(at, std::min(kFrameSamples, audio.size() - at))));
  }
  if (rms_.empty()) return;
  threshold_ = std::max(kSilenceRms, percentile(rms_, kLoudPercentile) * kAudibleShare);
  steady_ = is_steady(audio);
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

std::optional<std::pair<Milliseconds, Milliseconds>> Loudness::longest_pause(Milliseconds from, Milliseconds to,
                                                                             Milliseconds least) const {
  std::size_t best_begin = 0;
  std::size_t best_frames = 0;
  std::size_t run = 0;
  for (std::size_t i = frame_at(from); i < frame_at(to); ++i) {
    run = rms_[i] > threshold_ ? 0 : run + 1;
    if (run > best_frames) {
      best_frames = run;
      best_begin = i + 1 - run;
    }
  }
  const Milliseconds length(static_cast<std::int64_t>(best_frames * kFrameMs));
  if (best_frames == 0 || length < least) return std::nullopt;
  const Milliseconds begin(static_cast<std::int64_t>(best_begin * kFrameMs));
  return std::pair(begin, begin + length);
}

}  // namespace zimu::asr
