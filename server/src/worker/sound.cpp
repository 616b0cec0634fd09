#include "worker/sound.hpp"

#include <algorithm>

namespace zimu::worker {

Result<std::unique_ptr<Sound>> Sound::open(const std::string& path, int audio_stream, const std::atomic<bool>* cancel,
                                           Part part) {
  ZIMU_TRY(auto reader, media::AudioReader::open(path, audio_stream, cancel, part.start));
  std::unique_ptr<Sound> sound(new Sound(std::move(reader), part));
  sound->thread_ = std::thread([raw = sound.get()] { raw->decode(); });
  return sound;
}

Sound::Sound(std::unique_ptr<media::AudioReader> reader, Part part)
    : reader_(std::move(reader)), position_(samples_in(part.start)) {
  if (part.end.count() > 0) left_ = samples_in(part.end - part.start);
}

Sound::~Sound() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void Sound::decode() {
  while (!left_ || *left_ > 0) {
    const auto started = std::chrono::steady_clock::now();
    const auto piece = reader_->read();
    decode_us_ += std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started).count();
    if (!piece) return queue_.finish(std::unexpected(piece.error()));
    if (piece->empty()) return queue_.finish({});
    const auto taken = piece->first(std::min<std::uint64_t>(piece->size(), left_.value_or(piece->size())));
    if (left_) *left_ -= taken.size();
    if (!queue_.push({taken.begin(), taken.end()})) return;
  }
  queue_.finish({});
}

Result<> Sound::fill(std::size_t samples) {
  if (offset_ > 0 && buffer_.size() - offset_ < samples) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(offset_));
    offset_ = 0;
  }
  while (!ended_ && buffer_.size() - offset_ < samples) {
    if (const auto piece = queue_.pop()) {
      buffer_.insert(buffer_.end(), piece->begin(), piece->end());
    } else {
      ZIMU_TRY_VOID(queue_.end_result());
      ended_ = true;
    }
  }
  return {};
}

Result<> Sound::skip(std::uint64_t samples) {
  while (samples > 0) {
    if (available().empty()) {
      ZIMU_TRY_VOID(fill(1));
      if (available().empty()) return {};
    }
    const auto n = std::min<std::uint64_t>(samples, available().size());
    offset_ += static_cast<std::size_t>(n);
    position_ += n;
    samples -= n;
  }
  return {};
}

}  // namespace zimu::worker
