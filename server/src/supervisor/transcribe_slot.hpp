#pragma once
#include <optional>

#include "domain/job.hpp"
#include "supervisor/worker_slot.hpp"

namespace zimu::supervisor {

/// Takes jobs from the queue and brings each to an end: claim → resume point → worker → events → one report
/// to the job service. Thread: `run` on its own; `slot()` see WorkerSlot.
class TranscribeSlot {
 public:
  explicit TranscribeSlot(Context& context) : context_(context), slot_("transcribe", context) {}
  void run();  ///< until the stop signal
  WorkerSlot& slot() { return slot_; }
  const WorkerSlot& slot() const { return slot_; }

 private:
  /// How a job leaves this slot.
  struct Outcome {
    enum class Kind : std::uint8_t { kDone, kFailed, kPaused, kQueuedAgain, kCancelled, kGone };
    Kind kind = Kind::kDone;
    domain::JobFailure failure = {};  ///< for kFailed and kPaused
  };
  /// The running job and how far its text is safe on disk.
  struct Run {
    const domain::Job& job;
    std::int64_t next_window = 0;
    Milliseconds committed{0};
    std::string media_path = {};
  };
  enum class LateWindows : std::uint8_t { kKeep, kDrop };

  Outcome work_on(const domain::Job& job);
  Result<protocol::TranscribeRequest> make_request(const domain::Job& job);
  Outcome follow(WorkerProcess& worker, Run& run);
  std::optional<Outcome> obey_orders(WorkerProcess& worker, Run& run);
  std::optional<Outcome> on_event(WorkerProcess& worker, Run& run, const protocol::Event& event);
  std::optional<Outcome> on_window(WorkerProcess& worker, Run& run, const domain::Window& window);
  Outcome on_failed(const Run& run, const protocol::FailedEvent& event);
  Outcome on_death(const Run& run, const Error& why, const std::string& last_words);
  Outcome on_error(const domain::Job& job, const Error& error);
  Outcome on_storage_error(WorkerProcess& worker, Run& run, const Error& error);
  bool end_worker_job(WorkerProcess& worker, Run& run, LateWindows late);
  bool wanted_away(const domain::Job& job) const;
  /// It leaves the worker and goes on later: the server stops, or a person paused it.
  bool must_wait(const domain::Job& job) const;
  void settle(const domain::Job& job, const Outcome& outcome);

  Context& context_;
  WorkerSlot slot_;
};

}  // namespace zimu::supervisor
