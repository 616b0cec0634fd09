#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "asr/vad/network.hpp"

namespace zimu::asr::vad {

/// The probability of speech in each frame of a recording that comes piece by piece.
/// It depends on the place in the recording and the sound before it, never on where listening began: the recording is
/// divided into blocks, in each of which the network starts anew, after a run over the chunk before it.
class Detector {
 public:
  static constexpr std::size_t kChunkFrames = 50;     ///< 1.6 s: run at once
  static constexpr std::size_t kBlockFrames = 500;    ///< 16 s
  static constexpr float kGateDb = -80;               ///< a softer frame is silence, whatever it is
  /// A chunk without a frame that loud is made so loud: the network knows no recordings that were made too softly.
  static constexpr float kSoftDb = -40;

  /// Where listening must begin, at the latest, for the frame that holds sample `position`.
  static std::uint64_t listen_from(std::uint64_t position);

  /// `from`: a sample that `listen_from` gave.
  explicit Detector(std::uint64_t from, const Network& network = Network::instance());
  void push(std::span<const float> samples);
  void finish();  ///< the recording ends here
  /// The probabilities that are known since the last call, from that of the first sample on. Those before the sample that
  /// `listen_from` was asked for mean nothing.
  std::vector<float> take();

 private:
  void run_chunk(std::size_t frames);

  const Network& network_;
  std::vector<float> audio_;  ///< kContextSamples, then what no chunk was made of yet
  std::uint64_t chunk_;       ///< of the recording, the next
  Memory memory_;             ///< of this block
  std::vector<float> known_;
};

}  // namespace zimu::asr::vad
