#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "protocol/messages.hpp"
#include "worker/event_writer.hpp"

namespace zimu::worker {

/// A job's progress events: not too many, and never too few. While the job is inside a call that cannot report (loading
/// a model, encoding with a large one, hashing a file) the last event is said again. Thread: any.
class Heartbeat {
 public:
  explicit Heartbeat(EventWriter& events);

  /// `always`: even when the last event is not half a second old.
  void report(protocol::ProgressEvent event, bool always);
  /// Whether `report` would write now: spares making the event.
  bool is_due();

 private:
  using Clock = std::chrono::steady_clock;
  void repeat(const std::stop_token& stop);

  EventWriter& events_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  protocol::ProgressEvent last_;
  Clock::time_point written_{};
  std::jthread thread_;  // last: stops before the rest goes
};

}  // namespace zimu::worker
