#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "domain/media.hpp"

namespace zimu::media {

constexpr int kSampleRateHz = 16000;

/// A recording's sound as one stream of mono float samples at 16 kHz, decoded as it is read: memory does not depend on
/// length. Sample n lies at n/16000 s on the clock a player shows: late audio begins with silence, gaps are filled.
/// Decoding starts at the beginning, so that the same file gives the same samples whatever was read before. Only to read
/// from a late moment on, in a file whose clock can be trusted, it jumps: the same `from` gives the same samples, which lie
/// where those of the whole recording do, to a few of them.
/// Thread: one at a time; `cancel` any.
class AudioReader {
 public:
  /// A jump in the timestamps up to this long is silence; a longer one is a damaged clock and is ignored.
  static constexpr int kMaxGapSeconds = 2 * 3600;
  /// Timestamps that differ less than this from the decoded length are jitter.
  static constexpr int kJitterSamples = kSampleRateHz / 10;
  /// So many packets in a row that do not decode end the file as unreadable when nothing was decoded before.
  static constexpr int kMaxBadPackets = 500;
  /// Before this it is not worth a jump.
  static constexpr Milliseconds kSeekFrom{60'000};

  /// `audio_stream`: number among the audio streams, -1 for the default one. `from`: what is before is left out; the
  /// first `read` goes there.
  static Result<std::unique_ptr<AudioReader>> open(const std::string& path, int audio_stream,
                                                   const std::atomic<bool>* cancel, Milliseconds from = Milliseconds{0});
  ~AudioReader();

  /// The next piece (at most about a second), valid until the next call; empty at the end.
  Result<std::span<const float>> read();
  const domain::MediaInfo& info() const;
  int audio_stream() const;  ///< number among the audio streams
  int bad_packets() const;   ///< skipped so far

 private:
  struct Impl;
  explicit AudioReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace zimu::media
