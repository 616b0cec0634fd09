#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "asr/vad/detector.hpp"
#include "asr/windows.hpp"

namespace zimu::asr {

/// Samples in, windows out: listens for speech and packs it. Needs to hear about 62 s beyond a window's start, or the
/// recording's end; keeps no samples. Thread: one at a time.
class WindowStream {
 public:
  /// Where the samples must begin for a stream whose first window starts at `start`.
  static std::uint64_t listen_from(std::uint64_t start) { return vad::Detector::listen_from(start); }

  /// `start`: 0, or where a window started or ended before.
  explicit WindowStream(std::uint64_t start = 0, const Packing& packing = {},
                        const vad::Network& network = vad::Network::instance());
  void push(std::span<const float> samples);
  void finish();  ///< the recording ends here
  /// The next window, as soon as enough is heard. After `finish`: nullopt only at the end.
  std::optional<PackedWindow> next();

 private:
  void measure(std::span<const float> samples);
  void collect();

  Packing packing_;
  vad::Detector detector_;
  std::uint64_t start_;               ///< of the next window
  std::uint64_t heard_;               ///< where the samples end so far
  std::uint64_t first_frame_;         ///< of `frames_`
  std::vector<SoundFrame> frames_;    ///< level and speech are both known
  std::vector<float> levels_;         ///< of the frames after those
  std::vector<float> speech_;
  std::vector<float> begun_;          ///< samples of a frame that is not whole
  bool ended_ = false;
};

}  // namespace zimu::asr
