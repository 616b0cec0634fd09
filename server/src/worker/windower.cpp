#include "worker/windower.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace zimu::worker {
namespace {

constexpr std::size_t kFrame = kSampleRateHz / 50;           // 20 ms
constexpr float kSilentDb = -60.0F;                          // below: silence, unless the recording is a quiet one
constexpr float kQuietSilentDb = -75.0F;                     // the least, just above the steps of 16-bit samples
constexpr float kBelowLoudDb = 30.0F;                        // speech reaches this far below its loud parts
constexpr float kAudibleDb = -50.0F;                         // above: counted as sound for coverage
constexpr std::size_t kEarliestCutFrames = 15 * 50;
constexpr std::size_t kMaxFrames = kMaxWindowSamples / kFrame;
constexpr std::size_t kSmoothFrames = 15;                    // 0.3 s: a pause between words, not a stop consonant
constexpr float kLaterIsBetterDb = 0.3F;                     // per second: fewer, fuller windows
constexpr std::size_t kLongSilenceFrames = 3 * 50;           // worth ending a window early
constexpr std::size_t kLeastSpeechFrames = 50;               // before a long silence
constexpr std::size_t kPadFrames = 10;                       // 0.2 s kept around speech
constexpr std::size_t kLeastLeadingFrames = 50;              // shorter leading silence stays in the window

std::vector<float> frame_levels(std::span<const float> samples) {
  std::vector<float> levels;
  levels.reserve(samples.size() / kFrame + 1);
  for (std::size_t at = 0; at < samples.size(); at += kFrame) {
    const auto frame = samples.subspan(at, std::min(kFrame, samples.size() - at));
    double sum = 0;
    for (const float sample : frame) sum += static_cast<double>(sample) * static_cast<double>(sample);
    levels.push_back(static_cast<float>(10.0 * std::log10(sum / static_cast<double>(frame.size()) + 1e-12)));
  }
  return levels;
}

/// Below this a frame is silent. A recording made too softly is no silence.
float silence_level(std::vector<float> levels) {
  const auto loud = levels.begin() + static_cast<std::ptrdiff_t>((levels.size() - 1) * 95 / 100);
  std::nth_element(levels.begin(), loud, levels.end());
  return std::clamp(*loud - kBelowLoudDb, kQuietSilentDb, kSilentDb);
}

/// First frame that starts a long silence after some speech, or `levels.size()`.
std::size_t long_silence(const std::vector<float>& levels, float silent, std::size_t limit) {
  std::size_t run = 0;
  for (std::size_t i = kLeastSpeechFrames; i < std::min(limit, levels.size()); ++i) {
    run = levels[i] < silent ? run + 1 : 0;
    if (run == kLongSilenceFrames) return i + 1 - kLongSilenceFrames;
  }
  return levels.size();
}

/// The quietest smoothed frame in the last part, later ones preferred a little.
std::size_t quietest(const std::vector<float>& levels, float silent) {
  std::size_t best = kMaxFrames;
  float best_score = 1e9F;
  for (std::size_t i = kEarliestCutFrames; i + kSmoothFrames / 2 < std::min(kMaxFrames, levels.size()); ++i) {
    float sum = 0;
    for (std::size_t k = i - kSmoothFrames / 2; k <= i + kSmoothFrames / 2; ++k) sum += std::max(levels[k], silent);
    const float score = sum / static_cast<float>(kSmoothFrames) - kLaterIsBetterDb * static_cast<float>(i) / 50.0F;
    if (score < best_score) {
      best_score = score;
      best = i;
    }
  }
  return best;
}

}  // namespace

Cut next_cut(std::span<const float> samples, bool at_end) {
  const auto look = samples.first(std::min(samples.size(), kLookSamples));
  const std::vector<float> levels = frame_levels(look);
  const float silent = silence_level(levels);
  const auto loud = std::ranges::find_if(levels, [silent](float level) { return level >= silent; });
  const auto leading = static_cast<std::size_t>(loud - levels.begin());
  if (leading == levels.size()) {
    // All silent. At the very end take everything; else stop a pad before the end: speech may begin right after it.
    const bool last = at_end && look.size() == samples.size();
    return {last ? look.size() : std::min((leading - kPadFrames) * kFrame, kMaxWindowSamples), true};
  }
  if (leading >= kLeastLeadingFrames) return {(leading - kPadFrames) * kFrame, true};

  const std::size_t pause = long_silence(levels, silent, kMaxFrames);
  if (pause < levels.size()) return {std::min((pause + kPadFrames) * kFrame, samples.size()), false};
  if (at_end && samples.size() <= kMaxWindowSamples) return {samples.size(), false};
  return {std::min(quietest(levels, silent) * kFrame, samples.size()), false};
}

Audible audible(std::span<const float> samples, std::span<const std::pair<Milliseconds, Milliseconds>> stretches) {
  Audible out;
  const std::vector<float> levels = frame_levels(samples);
  constexpr Milliseconds kFrameTime{20};
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels[i] < kAudibleDb) continue;
    const Milliseconds at = kFrameTime * static_cast<int>(i);
    out.total += kFrameTime;
    const bool inside = std::ranges::any_of(stretches, [at](const auto& s) { return s.first <= at && at < s.second; });
    if (inside) out.covered += kFrameTime;
  }
  return out;
}

}  // namespace zimu::worker
