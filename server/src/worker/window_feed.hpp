#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "asr/windows.hpp"
#include "worker/sound.hpp"

namespace zimu::worker {

/// A window with what the engine is to hear of it.
struct FedWindow {
  asr::PackedWindow window;    ///< samples of the recording, or of the part of it that is fed
  std::vector<float> audio;    ///< its pieces joined
  std::vector<float> span;     ///< all of it, for coverage
};

/// Decodes a recording, listens for speech and packs it into windows, ahead of whoever takes them, on threads of its own.
/// Bounded: a few windows wait, and the decoder before them. Thread: one consumer.
class WindowFeed {
 public:
  static constexpr std::size_t kMostWaiting = 6;

  /// `begin`: where the first window starts, in the recording's time; the part's start, or a window's end.
  static Result<std::unique_ptr<WindowFeed>> open(const std::string& path, int audio_stream,
                                                  const std::atomic<bool>* cancel, Part part, Milliseconds begin);
  ~WindowFeed();

  const media::AudioReader& reader() const { return sound_->reader(); }
  /// Of window samples: recording time = origin + samples / 16.
  Milliseconds origin() const { return origin_; }
  /// The next window. `wait`: until there is one. Nothing: none yet, or the end (see `ended`).
  std::optional<FedWindow> next(bool wait);
  /// All windows are taken.
  bool ended();
  /// How the recording ended; ask when `ended`.
  Result<> end_result();
  std::chrono::milliseconds decode_time() const { return sound_->decode_time(); }
  std::chrono::milliseconds listen_time() const { return std::chrono::milliseconds(listen_us_.load() / 1000); }

 private:
  WindowFeed(std::unique_ptr<Sound> sound, Milliseconds origin);
  void run(std::uint64_t begin);
  Result<> feed(std::uint64_t begin);
  bool hand_over(FedWindow window);

  std::unique_ptr<Sound> sound_;
  Milliseconds origin_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<FedWindow> waiting_;
  bool finished_ = false;
  bool closed_ = false;
  Result<> how_;
  std::atomic<std::int64_t> listen_us_{0};
  std::thread thread_;
};

}  // namespace zimu::worker
