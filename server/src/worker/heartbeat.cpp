#include "worker/heartbeat.hpp"

#include <utility>

namespace zimu::worker {
namespace {

constexpr std::chrono::milliseconds kShortest{500};
constexpr std::chrono::milliseconds kLongest{2500};  // the protocol promises 5 s

}  // namespace

Heartbeat::Heartbeat(EventWriter& events)
    : events_(events), thread_([this](const std::stop_token& stop) { repeat(stop); }) {}

bool Heartbeat::is_due() {
  const std::scoped_lock lock(mutex_);
  return Clock::now() - written_ >= kShortest;
}

void Heartbeat::report(protocol::ProgressEvent event, bool always) {
  const std::scoped_lock lock(mutex_);
  last_ = std::move(event);
  const auto now = Clock::now();
  if (!always && now - written_ < kShortest) return;
  written_ = now;
  events_.write(last_);
}

void Heartbeat::repeat(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    changed_.wait_for(lock, stop, kLongest, [] { return false; });
    const auto now = Clock::now();
    if (stop.stop_requested() || last_.job.empty() || now - written_ < kLongest) continue;
    written_ = now;
    events_.write(last_);
  }
}

}  // namespace zimu::worker
