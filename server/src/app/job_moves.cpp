#include "app/job_moves.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace zimu::app {

using domain::Job;
using domain::JobState;

double share(Milliseconds part, Milliseconds whole) {
  if (whole.count() <= 0) return 0;
  return std::clamp(static_cast<double>(part.count()) / static_cast<double>(whole.count()), 0.0, 1.0);
}

Result<> move_to(Job& job, JobState state) {
  if (!domain::may_follow(job.state, state)) {
    return fail(ErrorCode::kConflict, fmt::format("job {} is {} and cannot become {}", job.id,
                                                  domain::job_state_name(job.state), domain::job_state_name(state)));
  }
  job.state = state;
  job.stage = domain::job_state_name(state);
  job.eta.reset();
  if (state != JobState::kDone) job.speed = 0;
  job.finished_at.reset();
  if (domain::is_final(state)) job.finished_at = now_utc();
  if (state == JobState::kQueued || state == JobState::kRunning || state == JobState::kDone) job.failure.reset();
  if (state == JobState::kQueued && job.duration.count() > 0) job.progress = share(job.processed, job.duration);
  return {};
}

bool is_disk_trouble(const Error& error) {
  return error.code == ErrorCode::kNoSpace || error.code == ErrorCode::kIo;
}

}  // namespace zimu::app
