#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace zimu::asr {

/// What is known of 16 ms of sound before it is transcribed.
struct SoundFrame {
  float level = -120;  ///< dBFS
  float speech = 0;    ///< probability
};
constexpr std::size_t kSoundFrameSamples = 256;
constexpr std::size_t frames_in_ms(std::size_t ms) { return ms / 16; }

constexpr float kSpeechOn = 0.4F;       ///< from this on it is speech,
constexpr float kSpeechOff = 0.25F;     ///< and stays so down to this
constexpr float kSecondLook = 0.15F;    ///< enough where something is clearly heard

/// Frames `begin` up to but not `end`.
struct FrameRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t length() const { return end - begin; }
  bool operator==(const FrameRange&) const = default;
};

/// What may be cut away and what not, sorted.
struct Heard {
  std::vector<FrameRange> speech;   ///< with something of what is around it; short pauses are inside
  std::vector<FrameRange> audible;  ///< what stands out of the noise for a while
};

/// Pure: all is decided from these frames.
Heard find_speech(std::span<const SoundFrame> frames);

/// Long enough to be noticed, and not always equally loud as noise and tones are.
bool is_noticed(std::span<const SoundFrame> frames, const FrameRange& range);

/// `from` without what is in `taken`; both sorted.
std::vector<FrameRange> without(const std::vector<FrameRange>& from, const std::vector<FrameRange>& taken);

/// Below this a frame is silence. A recording made too softly is no silence.
float silence_level(std::span<const SoundFrame> frames);

}  // namespace zimu::asr
