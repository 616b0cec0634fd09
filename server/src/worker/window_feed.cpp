#include "worker/window_feed.hpp"

#include <algorithm>
#include <utility>

#include "asr/window_stream.hpp"

namespace zimu::worker {
namespace {

constexpr std::size_t kStepSamples = 4 * media::kSampleRateHz;
}  // namespace

Result<std::unique_ptr<WindowFeed>> WindowFeed::open(const std::string& path, int audio_stream,
                                                     const std::atomic<bool>* cancel, Part part, Milliseconds begin) {
  ZIMU_TRY(auto sound, Sound::open(path, audio_stream, cancel, part));
  std::unique_ptr<WindowFeed> feed(new WindowFeed(std::move(sound), part.start));
  feed->thread_ = std::thread([raw = feed.get(), first = samples_in(begin - part.start)] { raw->run(first); });
  return feed;
}

WindowFeed::WindowFeed(std::unique_ptr<Sound> sound, Milliseconds origin) : sound_(std::move(sound)), origin_(origin) {}

WindowFeed::~WindowFeed() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void WindowFeed::run(std::uint64_t begin) {
  Result<> how = feed(begin);
  const std::scoped_lock lock(mutex_);
  finished_ = true;
  how_ = std::move(how);
  changed_.notify_all();
}

/// Positions are the part's own: its first sample is 0, wherever in the recording it lies.
Result<> WindowFeed::feed(std::uint64_t begin) {
  const std::uint64_t offset = samples_in(origin_);
  asr::WindowStream stream(begin);
  ZIMU_TRY_VOID(sound_->skip(asr::WindowStream::listen_from(begin)));
  std::size_t pushed = 0;  // of what is available
  bool finished = false;
  while (true) {
    while (auto window = stream.next()) {
      const std::uint64_t from = sound_->position() - offset;
      const auto audio = sound_->available();
      FedWindow fed{*window, asr::join_pieces(*window, audio, from), {}};
      const auto span = audio.subspan(static_cast<std::size_t>(window->start - from),
                                      static_cast<std::size_t>(window->end - window->start));
      fed.span.assign(span.begin(), span.end());
      if (!hand_over(std::move(fed))) return {};
      const std::uint64_t done = window->end - from;
      ZIMU_TRY_VOID(sound_->skip(done));
      pushed -= static_cast<std::size_t>(done);
    }
    if (finished) return {};
    ZIMU_TRY_VOID(sound_->fill(pushed + kStepSamples));
    const auto started = std::chrono::steady_clock::now();
    stream.push(sound_->available().subspan(pushed));
    pushed = sound_->available().size();
    if (sound_->at_end()) {
      stream.finish();
      finished = true;
    }
    listen_us_ += std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started).count();
  }
}

bool WindowFeed::hand_over(FedWindow window) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || waiting_.size() < kMostWaiting; });
  if (closed_) return false;
  waiting_.push_back(std::move(window));
  changed_.notify_all();
  return true;
}

std::optional<FedWindow> WindowFeed::next(bool wait) {
  std::unique_lock lock(mutex_);
  if (wait) changed_.wait(lock, [this] { return finished_ || !waiting_.empty(); });
  if (waiting_.empty()) return std::nullopt;
  FedWindow window = std::move(waiting_.front());
  waiting_.pop_front();
  changed_.notify_all();
  return window;
}

bool WindowFeed::ended() {
  const std::scoped_lock lock(mutex_);
  return finished_ && waiting_.empty();
}

Result<> WindowFeed::end_result() {
  const std::scoped_lock lock(mutex_);
  return how_;
}

}  // namespace zimu::worker
