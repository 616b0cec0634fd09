#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/job_service.hpp"
#include "app/media_service.hpp"

namespace zimu::observe {
class Metrics;
}

namespace zimu::supervisor {

/// Runs the queue: `workers` slots that each own one worker process for transcription, and one slot for
/// inspection (duration, streams, waveform peaks), each on its own thread, and one that renders films with ffmpeg. What a slot does when its worker
/// dies: first death on a window → the job is queued again and goes on from the last committed window; second
/// death on the same window → the job fails with the signal's name and keeps its text.
class Supervisor {
 public:
  struct Options {
    std::vector<std::string> worker_command;
    int workers = 1;
    int threads = 0;
    std::string device = "auto";
    std::string ffmpeg = "ffmpeg";          ///< of render jobs; looked up in PATH
    std::chrono::seconds model_idle{300};   ///< an idle worker is stopped after this; frees all its memory
    std::chrono::seconds inspect_idle{10};  ///< the same for the inspecting worker, which holds no model
    std::chrono::seconds heartbeat_timeout{
        120};  ///< no event for so long: the worker is killed (counts as a death)
    std::chrono::milliseconds cancel_grace{
        700};                             ///< cancel message → SIGKILL, so that cancel works within a second
    std::chrono::seconds space_check{5};  ///< how often paused jobs look for room
    std::uint64_t resume_free_bytes = 32U << 20U;  ///< room needed before paused jobs go on
    /// Called while a job waits for its model; false: the job is no longer wanted.
    using OnWait = std::function<bool(const std::string& stage)>;
    /// Path of an installed model, or kModelMissing with the command that installs it. May take its time while the
    /// model is on its way, and then calls `on_wait` several times a second. Thread: any.
    std::function<Result<std::filesystem::path>(const std::string& model, const OnWait& on_wait)> find_model;
    observe::Metrics* metrics = nullptr;  ///< may be null; outlives the supervisor
  };
  struct SlotStatus {
    std::string kind;    ///< "transcribe" | "inspect" | "render" (while it has a job)
    pid_t pid = 0;       ///< 0: no process now
    std::string job_id;  ///< the media's id for "inspect"; empty: idle
    std::string engine;
    std::uint64_t memory_bytes = 0;  ///< resident set
    std::string device = {};  ///< that its last job was computed on; empty: not known yet
    std::string model = {};   ///< that it has loaded; empty: none
  };

  /// `find_model` must be set. The services outlive the supervisor.
  Supervisor(Options options, app::JobService& jobs, app::MediaService& media);
  ~Supervisor();  ///< stops
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  /// Once. Sets the job service's cancel hook.
  void start();
  /// Workers are stopped, running jobs are queued again (they resume at the next start). Blocks until done.
  void stop();
  std::vector<SlotStatus> status() const;  ///< thread: any

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zimu::supervisor
