#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "supervisor/context.hpp"
#include "supervisor/worker_process.hpp"

namespace zimu::supervisor {

/// The place of one worker process that is started when needed, used for one job after another, and replaced
/// when it dies. Thread: the slot's own, but `wake`, `works_on` and `status` any.
class WorkerSlot {
 public:
  static constexpr int kSpawnTries = 3;
  static constexpr std::chrono::milliseconds kFirstBackoff{250};  ///< doubles with each try

  WorkerSlot(std::string kind, Context& context) : kind_(std::move(kind)), context_(context) {}

  void begin_job(const std::string& id);
  void end_job();
  /// The living process, or a new one. kUnavailable after kSpawnTries; kCancelled when `give_up` says so.
  Result<WorkerProcess*> ensure(const std::function<bool()>& give_up);
  /// Ends the process, with the whole ladder.
  void drop();
  /// Sends SIGKILL and takes it for dead. It is reaped at the job's end, after the job's report: a process
  /// stuck in a driver does not go away at once, and a cancelled job must not wait for that.
  void kill();
  /// While there is no job: reads its logs, notices its death, and ends it once idle for `idle_limit`.
  void idle(std::chrono::seconds idle_limit);

  void wake();
  bool works_on(const std::string& id) const;
  /// What the living process holds and where it computes; an empty one leaves that as it is.
  void note(const std::string& model, const std::string& device);
  Supervisor::SlotStatus status() const;

 private:
  bool is_alive();
  void sleep_for(std::chrono::milliseconds at_most);
  WorkerProcess::Options process_options(const std::function<bool()>& give_up) const;

  const std::string kind_;
  Context& context_;
  bool doomed_ = false;  ///< killed, not reaped yet
  std::chrono::steady_clock::time_point last_used_ = std::chrono::steady_clock::now();

  mutable std::mutex
      mutex_;  ///< guards what follows; the process is used outside of it by the slot's thread only
  std::condition_variable woken_cv_;
  bool woken_ = false;
  std::string job_id_;
  std::unique_ptr<WorkerProcess> process_;
  std::string model_;   ///< of the process, as `device_`
  std::string device_;
};

}  // namespace zimu::supervisor
