#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace zimu::supervisor {

/// Says to all threads of the supervisor, once, that they shall end. Thread: any.
class StopSignal {
 public:
  void raise() {
    const std::lock_guard lock(mutex_);
    raised_ = true;
    changed_.notify_all();
  }
  bool raised() const {
    const std::lock_guard lock(mutex_);
    return raised_;
  }
  /// Sleeps; true as soon as it is raised.
  bool wait_for(std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, at_most, [this] { return raised_; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

}  // namespace zimu::supervisor
