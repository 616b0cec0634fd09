#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "media/audio_reader.hpp"
#include "worker/sample_queue.hpp"

namespace zimu::worker {

constexpr std::int64_t kSamplesPerMs = media::kSampleRateHz / 1000;
constexpr std::uint64_t samples_in(Milliseconds time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0) * kSamplesPerMs);
}
/// Whole milliseconds.
constexpr Milliseconds time_of(std::uint64_t samples) {
  return Milliseconds{static_cast<std::int64_t>(samples) / kSamplesPerMs};
}

/// A part of a recording; `end` 0: to where it ends.
struct Part {
  Milliseconds start{0};
  Milliseconds end{0};
};

/// A recording's samples from `position` on, decoded ahead by a thread of its own. Of a part only that part: it begins
/// and ends as if the recording did. Memory is bounded by the queue and what `fill` was asked for. Thread: one at a time.
class Sound {
 public:
  static Result<std::unique_ptr<Sound>> open(const std::string& path, int audio_stream, const std::atomic<bool>* cancel,
                                             Part part = {});
  ~Sound();

  const media::AudioReader& reader() const { return *reader_; }
  /// Throws away `samples` from the front; decodes past them when they are not here yet. At the end: fewer.
  Result<> skip(std::uint64_t samples);
  /// Makes at least `samples` available unless the recording ends before.
  Result<> fill(std::size_t samples);
  std::span<const float> available() const { return {buffer_.data() + offset_, buffer_.size() - offset_}; }
  bool at_end() const { return ended_; }                 ///< nothing comes after `available()`
  std::uint64_t position() const { return position_; }   ///< of the first available sample
  std::chrono::milliseconds decode_time() const { return std::chrono::milliseconds(decode_us_.load() / 1000); }

 private:
  Sound(std::unique_ptr<media::AudioReader> reader, Part part);
  void decode();

  std::unique_ptr<media::AudioReader> reader_;
  SampleQueue queue_;
  std::vector<float> buffer_;
  std::size_t offset_ = 0;
  std::uint64_t position_;
  std::optional<std::uint64_t> left_;  ///< samples up to the part's end; the decoding thread's
  bool ended_ = false;
  std::atomic<std::int64_t> decode_us_{0};
  std::thread thread_;
};

}  // namespace zimu::worker
