#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.hpp"

namespace zimu::worker {

/// Pieces of sound on their way from the decoding thread to the window thread; at most kMaxSamples wait.
/// Thread: one producer, one consumer.
class SampleQueue {
 public:
  static constexpr std::size_t kMaxSamples = 60 * 16000;

  /// Blocks while full; false when the consumer has closed the queue.
  bool push(std::vector<float> piece);
  /// No more pieces; with the error that ended them, if any.
  void finish(Result<> how);
  /// The next piece, nullopt at the end (see `end_result`). Blocks.
  std::optional<std::vector<float>> pop();
  Result<> end_result();
  void close();  ///< consumer: stop the producer

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::vector<float>> pieces_;
  std::size_t samples_ = 0;
  bool finished_ = false;
  bool closed_ = false;
  Result<> how_;
};

}  // namespace zimu::worker
