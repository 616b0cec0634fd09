#include "asr/speech_ranges.hpp"

#include <algorithm>
#include <iterator>

namespace zimu::asr {
namespace {

constexpr std::size_t kPadBefore = frames_in_ms(256);
constexpr std::size_t kPadAfter = frames_in_ms(304);
constexpr std::size_t kKeptPause = frames_in_ms(1008);       // a shorter pause stays as it is
constexpr std::size_t kLeastAudible = frames_in_ms(400);
constexpr std::size_t kBetweenSyllables = frames_in_ms(208);
constexpr std::size_t kLeastSecondLook = frames_in_ms(96);   // three frames of the network

constexpr float kSilentDb = -60;
constexpr float kQuietSilentDb = -75;   // the least, just above the steps of 16-bit samples
constexpr float kBelowLoudDb = 30;      // speech reaches this far below its loud parts
constexpr float kAudibleDb = -50;       // in a recording of usual loudness
constexpr float kAboveNoiseDb = 9;
constexpr float kSteadyDb = 6;          // from soft to loud: noise, hum and tones have less

/// The level that `share` of the frames do not reach.
float percentile(std::span<const SoundFrame> frames, std::size_t percent) {
  std::vector<float> levels;
  levels.reserve(frames.size());
  std::ranges::transform(frames, std::back_inserter(levels), &SoundFrame::level);
  const auto nth = levels.begin() + static_cast<std::ptrdiff_t>((levels.size() - 1) * percent / 100);
  std::nth_element(levels.begin(), nth, levels.end());
  return *nth;
}

/// Joins ranges whose distance is less than `least`; `ranges` are sorted.
std::vector<FrameRange> joined(const std::vector<FrameRange>& ranges, std::size_t least) {
  std::vector<FrameRange> out;
  for (const FrameRange& range : ranges) {
    if (!out.empty() && range.begin < out.back().end + least) {
      out.back().end = std::max(out.back().end, range.end);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

/// Stretches from a frame with `begins` on, for as long as `goes_on`.
template <typename Begins, typename GoesOn>
std::vector<FrameRange> stretches(std::span<const SoundFrame> frames, Begins begins, GoesOn goes_on) {
  std::vector<FrameRange> out;
  bool inside = false;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    inside = inside ? goes_on(frames[i]) : begins(frames[i]);
    if (!inside) continue;
    if (!out.empty() && out.back().end == i) {
      ++out.back().end;
    } else {
      out.push_back({i, i + 1});
    }
  }
  return out;
}

std::vector<FrameRange> find_audible(std::span<const SoundFrame> frames) {
  const float usual = std::clamp(percentile(frames, 95) - kBelowLoudDb, kQuietSilentDb, kAudibleDb);
  const float least = std::max(usual, percentile(frames, 10) + kAboveNoiseDb);
  const auto heard = [least](const SoundFrame& frame) { return frame.level >= least; };
  auto ranges = joined(stretches(frames, heard, heard), kBetweenSyllables);
  std::erase_if(ranges, [](const FrameRange& range) { return range.length() < kLeastAudible; });
  return ranges;
}

/// In `range`, the network is not sure that nobody speaks.
bool passes_second_look(std::span<const SoundFrame> frames, const FrameRange& range) {
  std::size_t run = 0;
  for (std::size_t i = range.begin; i < range.end; ++i) {
    run = frames[i].speech >= kSecondLook ? run + 1 : 0;
    if (run >= kLeastSecondLook) return true;
  }
  return false;
}

}  // namespace

float silence_level(std::span<const SoundFrame> frames) {
  if (frames.empty()) return kSilentDb;
  return std::clamp(percentile(frames, 95) - kBelowLoudDb, kQuietSilentDb, kSilentDb);
}

std::vector<FrameRange> without(const std::vector<FrameRange>& from, const std::vector<FrameRange>& taken) {
  std::vector<FrameRange> out;
  for (FrameRange range : from) {
    for (const FrameRange& gone : taken) {
      if (gone.end <= range.begin || gone.begin >= range.end) continue;
      if (gone.begin > range.begin) out.push_back({range.begin, gone.begin});
      range.begin = gone.end;
      if (range.begin >= range.end) break;
    }
    if (range.begin < range.end) out.push_back(range);
  }
  return out;
}

bool is_noticed(std::span<const SoundFrame> frames, const FrameRange& range) {
  if (range.length() < kLeastAudible) return false;
  const auto own = frames.subspan(range.begin, range.length());
  return percentile(own, 95) - percentile(own, 10) >= kSteadyDb;
}

Heard find_speech(std::span<const SoundFrame> frames) {
  Heard heard;
  if (frames.empty()) return heard;
  auto speech = stretches(frames, [](const SoundFrame& frame) { return frame.speech >= kSpeechOn; },
                          [](const SoundFrame& frame) { return frame.speech >= kSpeechOff; });
  heard.audible = find_audible(frames);
  const auto padded = [&frames](std::vector<FrameRange> ranges) {
    ranges = joined(ranges, kKeptPause);
    for (FrameRange& range : ranges) {
      range.begin -= std::min(range.begin, kPadBefore);
      range.end = std::min(range.end + kPadAfter, frames.size());
    }
    return joined(ranges, 1);
  };
  heard.speech = padded(speech);
  for (const FrameRange& range : without(heard.audible, heard.speech)) {
    if (is_noticed(frames, range) && passes_second_look(frames, range)) speech.push_back(range);
  }
  std::ranges::sort(speech, {}, &FrameRange::begin);
  heard.speech = padded(speech);
  return heard;
}

}  // namespace zimu::asr
