// Pausing: by a person, until a person resumes; or by the full disk, until there is room.
#include <set>

#include <fmt/format.h>

#include "app/job_moves.hpp"
#include "app/job_service.hpp"

namespace zimu::app {

using domain::Job;
using domain::JobState;

Result<Job> JobService::pause(const std::string& id) {
  std::unique_lock lock(mutex_);
  ZIMU_TRY(auto job, current(id));
  const auto live = live_.find(id);
  const bool leaving = live != live_.end() && live->second.cancel_requested;
  if (domain::is_final(job.state) || leaving) {
    const std::string_view state = leaving ? kCancelling : domain::job_state_name(job.state);
    return zimu::fail(ErrorCode::kConflict, fmt::format("job {} is {}: there is nothing to pause", id, state));
  }
  if (live == live_.end() || live->second.held) {
    return change(id, [](Job& one) -> Result<> {
      one.failure.reset();
      return one.state == JobState::kPaused ? Result<>{} : move_to(one, JobState::kPaused);
    });
  }
  ZIMU_TRY(job, change(id, [](Job& one) -> Result<> {
             one.stage = kPausing;
             one.eta.reset();
             return {};
           }));
  live->second.pause_requested = true;
  const auto hook = cancel_hook_;
  lock.unlock();
  if (hook) hook(id);
  return job;
}

Result<Job> JobService::resume(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  const auto live = live_.find(id);
  if (live != live_.end() && live->second.pause_requested && !live->second.cancel_requested) {
    // The worker may be leaving already: then the slot queues the job again.
    ZIMU_TRY(const auto job, change(id, [](Job& one) -> Result<> {
               one.stage = domain::job_state_name(JobState::kRunning);
               return {};
             }));
    live->second.pause_requested = false;
    return job;
  }
  return change(id, [](Job& job) -> Result<> {
    if (job.state == JobState::kPaused) return move_to(job, JobState::kQueued);
    return zimu::fail(ErrorCode::kConflict, fmt::format("job {} is {}; only paused jobs can be resumed", job.id,
                                                        domain::job_state_name(job.state)));
  });
}

bool JobService::pause_requested(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  const auto live = live_.find(job_id);
  return live != live_.end() && live->second.pause_requested;
}

Result<int> JobService::resume_paused() {
  const std::scoped_lock lock(mutex_);
  ZIMU_TRY(const auto written, store_.jobs_in_state(JobState::kPaused));
  std::set<std::string> ids;
  for (const Job& job : written) {
    if (!domain::paused_by_person(job)) ids.insert(job.id);
  }
  for (const auto& [id, live] : live_) {
    if (live.held) ids.insert(id);
  }
  int resumed = 0;
  for (const std::string& id : ids) {
    const auto live = live_.find(id);
    const bool cancelled = live != live_.end() && live->second.cancel_requested;
    const auto job = change(
        id, [&](Job& one) { return move_to(one, cancelled ? JobState::kCancelled : JobState::kQueued); });
    if (job) {
      ++resumed;
    } else if (job.error().code == ErrorCode::kNotFound) {
      live_.erase(id);
    } else {
      return std::unexpected(job.error());
    }
  }
  if (resumed > 0) bus_.publish(SystemNotice{"space_back", "There is room on the disk again: transcription goes on."});
  return resumed;
}

}  // namespace zimu::app
