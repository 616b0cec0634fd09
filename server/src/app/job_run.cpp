// What a slot of the supervisor does with a job: claim it, report, end it.
#include <algorithm>

#include <fmt/format.h>

#include "app/job_moves.hpp"
#include "app/job_service.hpp"

namespace zimu::app {
namespace {

using domain::Job;
using domain::JobState;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPublishEvery{250};

std::optional<Milliseconds> wall_time_left(Milliseconds done, Milliseconds total, double speed) {
  // Below this the answer would be weeks for a minute of audio: better none.
  constexpr double kLeastSpeed = 1e-4;
  if (!(speed >= kLeastSpeed) || total <= done) return std::nullopt;
  return Milliseconds(static_cast<std::int64_t>(static_cast<double>((total - done).count()) / speed));
}

Result<> keep_in(const domain::JobSpan& span, domain::Window& window) {
  if (window.start < span.start || window.end > span.end) {
    return fail(ErrorCode::kProtocol, fmt::format("the worker sent window {} from {} to {} ms, of the span from {} to {} ms",
                                                  window.index, window.start.count(), window.end.count(),
                                                  span.start.count(), span.end.count()),
                "check the worker program: it says that it knows spans");
  }
  domain::clip(window, span);
  return {};
}

}  // namespace

Result<std::optional<Job>> JobService::claim_next(domain::JobKind kind) {
  ZIMU_TRY(auto next, store_.next_queued_job(kind));
  if (!next) return std::nullopt;
  ResumePoint point;
  if (kind == domain::JobKind::kTranscribe) {
    ZIMU_TRY(point, store_.resume_point(next->transcript_id));
  }
  ZIMU_TRY_VOID(move_to(*next, JobState::kRunning));
  ++next->attempts;
  next->stage = "loading";
  next->updated_at = now_utc();
  if (!next->started_at) next->started_at = next->updated_at;
  ZIMU_TRY_VOID(store_.update_job(*next));
  live_[next->id] = Live{.job = *next, .next_window = point.next_window, .published = std::nullopt};
  bus_.publish(*next);
  return next;
}

Result<std::optional<Job>> JobService::claim(std::chrono::milliseconds at_most, domain::JobKind kind) {
  const auto deadline = steady_clock::now() + at_most;
  std::unique_lock lock(mutex_);
  const std::uint64_t wakes = wakes_;
  while (wakes == wakes_) {
    auto job = claim_next(kind);
    if (job && *job) return job;
    // A failure is waited out too, or the caller would spin on a full disk.
    if (changed_.wait_until(lock, deadline) == std::cv_status::timeout) return job;
  }
  return std::nullopt;
}

Result<bool> JobService::transcribing() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, live] : live_) {
    if (live.job.kind == domain::JobKind::kTranscribe && live.job.state == JobState::kRunning) return true;
  }
  ZIMU_TRY(const auto next, store_.next_queued_job(domain::JobKind::kTranscribe));
  return next.has_value();
}

Result<ResumePoint> JobService::resume_point(const Job& job) { return store_.resume_point(job.transcript_id); }

Result<> JobService::media_found(const std::string& job_id, const domain::MediaInfo& info) {
  if (info.duration.count() <= 0) return {};
  const std::scoped_lock lock(mutex_);
  ZIMU_TRY(const auto job, change(job_id, [&](Job& one) -> Result<> {
             if (one.span) return {};  // its duration is its own
             one.duration = info.duration;
             one.progress = std::max(one.progress, share(one.processed, one.duration));
             return {};
           }));
  return update_transcript(job.transcript_id, [&](domain::Transcript& one) { one.duration = info.duration; });
}

Result<> JobService::language_found(const std::string& job_id, const std::string& language, float probability) {
  const std::scoped_lock lock(mutex_);
  ZIMU_TRY(const auto job, current(job_id));
  return update_transcript(job.transcript_id, [&](domain::Transcript& one) {
    one.language = language;
    one.language_probability = probability;
  });
}

void JobService::progressed(const std::string& job_id, const std::string& stage, Milliseconds done, Milliseconds total,
                            double speed, const std::string& device) {
  const std::scoped_lock lock(mutex_);
  const auto found = live_.find(job_id);
  if (found == live_.end() || found->second.held) return;
  Live& live = found->second;
  Job& job = live.job;
  job.stage = live.cancel_requested ? kCancelling : live.pause_requested ? kPausing : std::string_view(stage);
  if (!device.empty()) job.device = device;
  job.speed = speed > 0 ? speed : 0;
  if (job.span) {
    done -= job.span->start;
    total = job.duration;
  }
  if (total.count() > 0) {
    if (job.duration.count() == 0) job.duration = total;
    // A worker that starts again at the last window must not draw the bar back behind what is committed.
    job.progress = std::max(share(done, total), share(job.processed, total));
    job.eta = wall_time_left(done, total, job.speed);
  }
  const auto now = steady_clock::now();
  if (live.published && now - *live.published < kPublishEvery) return;
  live.published = now;
  job.updated_at = now_utc();
  bus_.publish(job);
}

Result<> JobService::commit(const std::string& job_id, const domain::Window& given) {
  const std::scoped_lock lock(mutex_);
  const auto found = live_.find(job_id);
  if (found == live_.end() || found->second.held) {
    ZIMU_TRY(const auto job, current(job_id));
    return zimu::fail(ErrorCode::kConflict,
                fmt::format("job {} is {}, not running", job_id, domain::job_state_name(job.state)));
  }
  Live& live = found->second;
  if (given.index < live.next_window) return {};
  if (given.start.count() < 0 || given.end < given.start) {
    return zimu::fail(ErrorCode::kProtocol, fmt::format("window {} of job {} ends before it starts", given.index, job_id));
  }
  Job job = live.job;
  domain::Window window = given;
  if (job.span) ZIMU_TRY_VOID(keep_in(*job.span, window));
  job.processed = std::max(job.processed, window.end - (job.span ? job.span->start : Milliseconds{0}));
  job.progress = std::max(job.progress, share(job.processed, job.duration));
  job.updated_at = now_utc();
  ZIMU_TRY_VOID(store_.commit_window(job, window));
  live.job = job;
  live.next_window = window.index + 1;
  for (const domain::Segment& segment : window.segments) {
    bus_.publish(SegmentAdded{job.id, job.transcript_id, segment});
  }
  live.published = steady_clock::now();
  bus_.publish(std::move(job));
  return {};
}

Result<> JobService::end(const std::string& id, JobState state, std::optional<domain::JobFailure> failure) {
  const auto live = live_.find(id);
  const bool cancelled = live != live_.end() && live->second.cancel_requested;
  if (cancelled && state != JobState::kDone) {
    state = JobState::kCancelled;
    failure.reset();
  } else if (live != live_.end() && live->second.pause_requested &&
             (state == JobState::kQueued || state == JobState::kPaused)) {
    state = JobState::kPaused;
    failure.reset();
  }
  const auto edit = [&](Job& job) -> Result<> {
    // Only a running job is a slot's to end.
    if (job.state != JobState::kRunning) {
      return zimu::fail(ErrorCode::kConflict,
                  fmt::format("job {} is {}, not running", job.id, domain::job_state_name(job.state)));
    }
    ZIMU_TRY_VOID(move_to(job, state));
    if (state == JobState::kDone) job.progress = 1;
    if (failure) job.failure = std::move(failure);
    return {};
  };
  const auto ended = change(id, edit);
  if (ended) return {};
  if (ended.error().code == ErrorCode::kNotFound) live_.erase(id);
  return std::unexpected(ended.error());
}

Result<> JobService::finish(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  // The transcript first: a crash in between leaves a running job, which finishes once more.
  const auto job = current(job_id);
  if (job && job->state == JobState::kRunning && job->kind == domain::JobKind::kTranscribe) {
    const auto marked = update_transcript(job->transcript_id, [](domain::Transcript& one) { one.complete = true; });
    if (!marked && marked.error().code != ErrorCode::kNotFound) return marked;
  }
  return end(job_id, JobState::kDone, std::nullopt);
}

Result<> JobService::fail(const std::string& job_id, domain::JobFailure failure) {
  const std::scoped_lock lock(mutex_);
  return end(job_id, JobState::kFailed, std::move(failure));
}

Result<> JobService::requeue(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  return end(job_id, JobState::kQueued, std::nullopt);
}

Result<> JobService::cancelled(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  return end(job_id, JobState::kCancelled, std::nullopt);
}

Result<> JobService::pause(const std::string& job_id, domain::JobFailure failure) {
  const std::scoped_lock lock(mutex_);
  const bool no_space = failure.code == ErrorCode::kNoSpace;
  const auto paused = end(job_id, JobState::kPaused, failure);
  if (!paused) {
    const auto live = live_.find(job_id);
    if (live == live_.end() || live->second.held || !is_disk_trouble(paused.error())) return paused;
    // Paused because the disk is full, which is why it cannot be written down.
    Job job = live->second.job;
    ZIMU_TRY_VOID(move_to(job, JobState::kPaused));
    job.failure = std::move(failure);
    hold(std::move(job));
  }
  if (no_space) {
    bus_.publish(SystemNotice{"no_space", "The disk is full: transcription waits for room and then goes on by itself."});
  }
  return {};
}

bool JobService::cancel_requested(const std::string& job_id) {
  const std::scoped_lock lock(mutex_);
  const auto live = live_.find(job_id);
  return live != live_.end() && live->second.cancel_requested;
}

}  // namespace zimu::app
