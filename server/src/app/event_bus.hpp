#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/job.hpp"
#include "domain/media.hpp"
#include "domain/transcript.hpp"

namespace zimu::app {

struct SegmentAdded {
  std::string job_id;
  std::string transcript_id;
  domain::Segment segment;
};
struct MediaRemoved {
  std::string media_id;
};
struct JobRemoved {
  std::string job_id;
};
struct TranscriptRemoved {
  std::string transcript_id;
  std::string media_id;
};
/// A sentence for everybody: "The disk is full; two jobs wait for room."
struct SystemNotice {
  std::string code;
  std::string message;
};
/// A model on its way, and the end of that.
struct ModelPull {
  std::string name;
  std::string state;      ///< "waiting" "pulling" "failed" "installed" "available" (cancelled or removed)
  double progress = 0;    ///< 0..1
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;  ///< 0: not known
  std::optional<Error> failure = {};
};
/// SSE names: job, segment, media, media, job, transcript, system, model, transcript (docs/formats/sse-events.md).
using Payload = std::variant<domain::Job, SegmentAdded, domain::Media, MediaRemoved, JobRemoved, domain::Transcript,
                             SystemNotice, ModelPull, TranscriptRemoved>;

struct BusEvent {
  std::uint64_t id = 0;  ///< grows, also over restarts (starts at the boot time in microseconds)
  Payload payload;
};

/// The last kKept events, and whom to wake. Thread: any. Never blocks on a subscriber.
class EventBus {
 public:
  static constexpr std::size_t kKept = 4096;
  EventBus();
  void publish(Payload payload);

  struct Batch {
    std::vector<BusEvent> events;
    bool missed = false;  ///< events after `after` are gone, or it is of no event of ours: reload everything
  };
  /// At most `limit` events with id > after.
  Batch read_after(std::uint64_t after, std::size_t limit) const;
  std::uint64_t last_id() const;

  /// `wake` is called after each publish on the publisher's thread; it must be quick. It may read the bus, but neither
  /// publish, (un)subscribe nor call a service. Once `unsubscribe` has returned, it is not running and never called again.
  std::uint64_t subscribe(std::function<void()> wake);
  void unsubscribe(std::uint64_t token);

 private:
  mutable std::mutex mutex_;  ///< guards the events
  std::deque<BusEvent> events_;
  std::uint64_t next_id_;
  std::mutex wake_mutex_;  ///< guards the wakers, also while they run
  std::uint64_t next_token_ = 1;
  std::map<std::uint64_t, std::function<void()>> wakers_;
};

}  // namespace zimu::app
