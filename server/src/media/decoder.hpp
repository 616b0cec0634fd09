#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "media/av.hpp"

namespace zimu::media {

/// One audio stream of a file, decoded to the timeline that AudioReader promises. Private to media/.
class Decoder {
 public:
  static Result<std::unique_ptr<Decoder>> open(const std::string& path, int audio_stream, const std::atomic<bool>* cancel);
  ~Decoder();

  /// The next piece (at most about a second), valid until the next call; empty at the end.
  Result<std::span<const float>> next();
  /// Goes on from some sample at or before `to` and says which; nullopt where that is not possible: the decoder is of no
  /// use then. To be called before the first `next`.
  Result<std::optional<std::int64_t>> jump(Milliseconds to);

  const AVFormatContext& input() const { return *input_; }
  int stream_index() const { return stream_index_; }
  int bad_packets() const { return bad_; }

 private:
  /// Samples, or a stretch of silence that is owed, not stored: a gap of an hour costs no memory.
  struct Chunk {
    std::int64_t zeros = 0;
    std::vector<float> samples;
  };

  Decoder() = default;
  Result<> open_codec();
  Result<> prepare_resampler(const AVFrame& from);
  Result<> place(const AVFrame& from);
  Result<> convert(const AVFrame* from);
  Result<> receive();
  Result<> step();
  Result<> send(const AVPacket* data);
  Result<> fill();

  std::string path_;
  av::Input input_;
  av::Codec codec_;
  av::Resampler resampler_;
  av::Packet packet_{av_packet_alloc()};
  av::Frame frame_{av_frame_alloc()};
  int stream_index_ = -1;

  // What the resampler was made for; changes in mid-stream make a new one.
  int rate_ = 0;
  int format_ = -1;
  AVChannelLayout layout_{};

  std::deque<Chunk> ready_;       ///< not handed out yet; holds what one packet gave
  std::vector<float> piece_;      ///< what `next` returned last
  std::int64_t produced_ = 0;     ///< samples on the timeline so far, silence included
  std::int64_t clock_shift_ = 0;  ///< correction after damaged timestamps, in samples
  std::int64_t offset_ = 0;       ///< of the first frame's timestamp from the place it got
  int bad_ = 0;
  bool decoded_any_ = false;
  bool draining_ = false;
  bool ended_ = false;
  bool landing_ = false;          ///< the next frame says where a jump led to
  std::optional<std::int64_t> landed_;
};

}  // namespace zimu::media
