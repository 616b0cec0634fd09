#include "worker/sample_queue.hpp"

#include <utility>

namespace zimu::worker {

bool SampleQueue::push(std::vector<float> piece) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || samples_ < kMaxSamples; });
  if (closed_) return false;
  samples_ += piece.size();
  pieces_.push_back(std::move(piece));
  changed_.notify_all();
  return true;
}

void SampleQueue::finish(Result<> how) {
  const std::scoped_lock lock(mutex_);
  finished_ = true;
  how_ = std::move(how);
  changed_.notify_all();
}

std::optional<std::vector<float>> SampleQueue::pop() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return finished_ || !pieces_.empty(); });
  if (pieces_.empty()) return std::nullopt;
  std::vector<float> piece = std::move(pieces_.front());
  pieces_.pop_front();
  samples_ -= piece.size();
  changed_.notify_all();
  return piece;
}

Result<> SampleQueue::end_result() {
  const std::scoped_lock lock(mutex_);
  return how_;
}

void SampleQueue::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace zimu::worker
