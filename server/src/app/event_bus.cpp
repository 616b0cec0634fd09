#include "app/event_bus.hpp"

#include <algorithm>
#include <chrono>

namespace zimu::app {
namespace {

std::uint64_t boot_id() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace

EventBus::EventBus() : next_id_(boot_id()) {}

void EventBus::publish(Payload payload) {
  {
    const std::scoped_lock lock(mutex_);
    events_.push_back({next_id_++, std::move(payload)});
    if (events_.size() > kKept) events_.pop_front();
  }
  const std::scoped_lock lock(wake_mutex_);
  for (const auto& [token, wake] : wakers_) wake();
}

EventBus::Batch EventBus::read_after(std::uint64_t after, std::size_t limit) const {
  const std::scoped_lock lock(mutex_);
  Batch batch;
  const std::uint64_t first = next_id_ - events_.size();
  // Ids of this run have no gaps. Anything else is from another run (or made up): nobody knows what was missed.
  batch.missed = after + 1 < first || after >= next_id_;
  const std::size_t skip = batch.missed ? 0 : static_cast<std::size_t>(after + 1 - first);
  for (std::size_t i = skip; i < events_.size() && batch.events.size() < limit; ++i) {
    batch.events.push_back(events_[i]);
  }
  return batch;
}

std::uint64_t EventBus::last_id() const {
  const std::scoped_lock lock(mutex_);
  return next_id_ - 1;
}

std::uint64_t EventBus::subscribe(std::function<void()> wake) {
  const std::scoped_lock lock(wake_mutex_);
  wakers_.emplace(next_token_, std::move(wake));
  return next_token_++;
}

void EventBus::unsubscribe(std::uint64_t token) {
  const std::scoped_lock lock(wake_mutex_);
  wakers_.erase(token);
}

}  // namespace zimu::app
