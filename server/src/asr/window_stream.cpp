#include "asr/window_stream.hpp"

#include <algorithm>
#include <cmath>

#include "asr/mean_square.hpp"
#include "base/check.hpp"

namespace zimu::asr {
namespace {

constexpr std::size_t kFramesOfDetector = vad::kFrameSamples / kSoundFrameSamples;
static_assert(vad::kFrameSamples % kSoundFrameSamples == 0);

float level(std::span<const float> samples) {
  return static_cast<float>(10.0 * std::log10(mean_square(samples) + 1e-12));
}

}  // namespace

WindowStream::WindowStream(std::uint64_t start, const Packing& packing, const vad::Network& network)
    : packing_(packing),
      detector_(listen_from(start), network),
      start_(start),
      heard_(listen_from(start)),
      first_frame_(heard_ / kSoundFrameSamples) {}

void WindowStream::push(std::span<const float> samples) {
  ZIMU_CHECK(!ended_);
  heard_ += samples.size();
  detector_.push(samples);
  measure(samples);
  collect();
}

void WindowStream::finish() {
  ended_ = true;
  detector_.finish();
  if (!begun_.empty()) levels_.push_back(level(begun_));
  begun_.clear();
  collect();
}

void WindowStream::measure(std::span<const float> samples) {
  if (!begun_.empty()) {
    const auto missing = samples.first(std::min(kSoundFrameSamples - begun_.size(), samples.size()));
    begun_.insert(begun_.end(), missing.begin(), missing.end());
    samples = samples.subspan(missing.size());
    if (begun_.size() < kSoundFrameSamples) return;
    levels_.push_back(level(begun_));
    begun_.clear();
  }
  for (; samples.size() >= kSoundFrameSamples; samples = samples.subspan(kSoundFrameSamples)) {
    levels_.push_back(level(samples.first(kSoundFrameSamples)));
  }
  begun_.assign(samples.begin(), samples.end());
}

void WindowStream::collect() {
  for (const float probability : detector_.take()) speech_.insert(speech_.end(), kFramesOfDetector, probability);
  const std::size_t known = std::min(levels_.size(), speech_.size());
  for (std::size_t i = 0; i < known; ++i) frames_.push_back({levels_[i], speech_[i]});
  levels_.erase(levels_.begin(), levels_.begin() + static_cast<std::ptrdiff_t>(known));
  speech_.erase(speech_.begin(), speech_.begin() + static_cast<std::ptrdiff_t>(known));
}

std::optional<PackedWindow> WindowStream::next() {
  // Frames before the window are of no use any more; a frame that it begins in is.
  const std::uint64_t first = start_ / kSoundFrameSamples;
  const auto gone = static_cast<std::size_t>(std::min<std::uint64_t>(first - first_frame_, frames_.size()));
  frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(gone));
  first_frame_ += gone;
  if (ended_ ? start_ >= heard_ : frames_.size() <= kLookFrames) return std::nullopt;
  const auto window = pack(frames_, start_, ended_ ? std::optional(heard_) : std::nullopt, packing_);
  start_ = window.end;
  return window;
}

}  // namespace zimu::asr
