#include "app/job_service.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "app/file_name.hpp"
#include "app/job_moves.hpp"
#include "base/uuid.hpp"

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

bool is_disk_trouble(const Error& error) {
  return error.code == ErrorCode::kNoSpace || error.code == ErrorCode::kIo;
}

}  // namespace

Result<> check_priority(int priority) {
  if (priority >= -kMaxPriority && priority <= kMaxPriority) return {};
  return fail(ErrorCode::kInvalidArgument, fmt::format("priority must be {} to {}", -kMaxPriority, kMaxPriority));
}

JobService::JobService(Store& store, EventBus& bus) : store_(store), bus_(bus) {}

Result<Job> JobService::current(const std::string& id) {
  ZIMU_TRY(auto job, store_.job(id));
  if (const auto live = live_.find(id); live != live_.end()) return live->second.job;
  return job;
}

Result<Job> JobService::change(const std::string& id, const Edit& edit) {
  ZIMU_TRY(auto job, current(id));
  ZIMU_TRY_VOID(edit(job));
  job.updated_at = now_utc();
  ZIMU_TRY_VOID(store_.update_job(job));
  if (const auto live = live_.find(id); live != live_.end()) {
    // Written down: what is not running needs no copy in memory any more.
    if (job.state == JobState::kRunning) {
      live->second.job = job;
    } else {
      live_.erase(live);
    }
  }
  bus_.publish(job);
  if (job.state == JobState::kQueued) changed_.notify_all();
  return job;
}

void JobService::hold(Job job) {
  job.updated_at = now_utc();
  Live& live = live_[job.id];
  live.held = true;
  live.job = job;
  bus_.publish(std::move(job));
}

Result<> JobService::update_transcript(const std::string& id, const std::function<void(domain::Transcript&)>& edit) {
  ZIMU_TRY(auto transcript, store_.transcript(id, false));
  edit(transcript);
  transcript.updated_at = now_utc();
  ZIMU_TRY_VOID(store_.update_transcript(transcript));
  bus_.publish(std::move(transcript));
  return {};
}

Result<> JobService::recover() {
  const std::scoped_lock lock(mutex_);
  ZIMU_TRY(const auto interrupted, store_.jobs_in_state(JobState::kRunning));
  for (const Job& job : interrupted) {
    const JobState next = job.stage == kPausing ? JobState::kPaused : JobState::kQueued;
    const auto queued = change(job.id, [next](Job& one) { return move_to(one, next); });
    if (queued) continue;
    if (!is_disk_trouble(queued.error())) return std::unexpected(queued.error());
    // A full disk must not keep the server from starting: people need it to make room.
    Job paused = job;
    ZIMU_TRY_VOID(move_to(paused, JobState::kPaused));
    paused.failure = domain::JobFailure{queued.error().code, queued.error().message, queued.error().action, true};
    hold(std::move(paused));
  }
  return {};
}

Result<Job> JobService::create(const CreateJob& request) {
  ZIMU_TRY_VOID(domain::validate(request.options));
  ZIMU_TRY_VOID(check_priority(request.priority));
  ZIMU_TRY(const auto media, store_.media(request.media_id));
  if (media.state == domain::MediaState::kUnreadable) {
    return zimu::fail(ErrorCode::kBadMedia, fmt::format("{} cannot be transcribed: {}", media.file_name, media.problem),
                "upload a file that can be played");
  }
  domain::Transcript transcript;
  transcript.id = new_uuid();
  transcript.media_id = media.id;
  transcript.title = media.title;
  transcript.model = request.options.model;
  transcript.task = request.options.task;
  if (request.options.language != "auto") {
    transcript.language = request.options.language;
    transcript.language_probability = 1;
  }
  transcript.duration = media.info.duration;
  transcript.created_at = transcript.updated_at = now_utc();

  Job job;
  job.id = new_uuid();
  job.media_id = media.id;
  job.transcript_id = transcript.id;
  job.options = request.options;
  job.stage = domain::job_state_name(JobState::kQueued);
  job.duration = media.info.duration;
  job.priority = request.priority;
  job.created_at = job.updated_at = transcript.created_at;
  transcript.job_id = job.id;

  const std::scoped_lock lock(mutex_);
  if (request.part) ZIMU_TRY_VOID(make_draft(*request.part, job, transcript));
  if (auto inserted = store_.insert_job(job, transcript); !inserted) {
    if (inserted.error().code != ErrorCode::kNotFound) return std::unexpected(inserted.error());
    return zimu::fail(ErrorCode::kNotFound, fmt::format("recording {} was deleted just now", media.id));
  }
  bus_.publish(std::move(transcript));
  bus_.publish(job);
  changed_.notify_all();
  return job;
}

Result<Job> JobService::get(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  return current(id);
}

Result<Page<Job>> JobService::list(const JobQuery& query) {
  const std::scoped_lock lock(mutex_);
  ZIMU_TRY(auto page, store_.list_jobs(query));
  for (Job& job : page.items) {
    if (const auto live = live_.find(job.id); live != live_.end()) job = live->second.job;
  }
  if (!query.state) return page;
  std::erase_if(page.items, [&](const Job& job) { return job.state != *query.state; });
  // What is held back is stored under another state, and comes in at its place here.
  for (const auto& [id, live] : live_) {
    if (query.whole_only && live.job.span) continue;
    const bool wanted = live.held && live.job.state == *query.state &&
                        live.job.media_id == query.media_id.value_or(live.job.media_id);
    const bool here = (!query.page.after || id < *query.page.after) && (!page.next || id >= *page.next);
    const auto same = [&id](const Job& job) { return job.id == id; };
    if (wanted && here && std::ranges::none_of(page.items, same) && store_.job(id)) page.items.push_back(live.job);
  }
  std::ranges::sort(page.items, std::ranges::greater{}, &Job::id);
  return page;
}

Result<Job> JobService::cancel(const std::string& id) {
  std::unique_lock lock(mutex_);
  ZIMU_TRY(auto job, current(id));
  const auto live = live_.find(id);
  if (live == live_.end() || live->second.held) {
    return change(id, [](Job& one) { return move_to(one, JobState::kCancelled); });
  }
  live->second.cancel_requested = true;
  live->second.job.stage = kCancelling;
  live->second.job.eta.reset();
  job = live->second.job;
  bus_.publish(job);
  const auto hook = cancel_hook_;
  lock.unlock();
  if (hook) hook(id);
  return job;
}

void JobService::cancel_all_of(const std::string& media_id) {
  JobQuery query;
  query.page.limit = kMaxPageSize;
  query.media_id = media_id;
  while (const auto page = list(query)) {
    for (const Job& job : page->items) {
      // One that has ended meanwhile needs no cancelling.
      if (!domain::is_final(job.state)) static_cast<void>(cancel(job.id));
    }
    if (!page->next) return;
    query.page.after = page->next;
  }
}

Result<Job> JobService::retry(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  return change(id, [](Job& job) -> Result<> {
    if (job.state != JobState::kFailed && job.state != JobState::kCancelled) {
      return zimu::fail(ErrorCode::kConflict,
                  fmt::format("job {} is {}; only failed and cancelled jobs can be tried again", job.id,
                              domain::job_state_name(job.state)));
    }
    return move_to(job, JobState::kQueued);
  });
}

Result<Job> JobService::set_priority(const std::string& id, int priority) {
  ZIMU_TRY_VOID(check_priority(priority));
  const std::scoped_lock lock(mutex_);
  return change(id, [priority](Job& job) -> Result<> {
    if (domain::is_final(job.state)) {
      return zimu::fail(ErrorCode::kConflict, fmt::format("job {} has ended: its priority means nothing", job.id));
    }
    job.priority = priority;
    return {};
  });
}

Result<> JobService::remove(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  ZIMU_TRY(const auto job, current(id));
  if (!domain::is_final(job.state)) {
    return zimu::fail(ErrorCode::kConflict, fmt::format("job {} is {}", id, domain::job_state_name(job.state)),
                "cancel it first");
  }
  ZIMU_TRY_VOID(store_.delete_job(id));
  live_.erase(id);
  if (removed_hook_) removed_hook_(job);
  bus_.publish(JobRemoved{id});
  return {};
}

Result<domain::Transcript> JobService::transcript(const std::string& id, bool with_segments) {
  return store_.transcript(id, with_segments);
}

Result<std::vector<domain::Transcript>> JobService::transcripts_of(const std::string& media_id, bool drafts) {
  ZIMU_TRY(auto all, store_.transcripts_of(media_id));
  if (!drafts) std::erase_if(all, [](const auto& one) { return one.origin == domain::Origin::kDraft; });
  return all;
}

Result<std::vector<domain::Window>> JobService::windows(const std::string& transcript_id) {
  return store_.windows(transcript_id);
}

Result<domain::Transcript> JobService::rename_transcript(const std::string& id, std::string title) {
  title = clean_line(title);
  if (title.empty() || title.size() > kMaxTitleBytes) {
    return zimu::fail(ErrorCode::kInvalidArgument, fmt::format("title must have 1 to {} bytes", kMaxTitleBytes));
  }
  const std::scoped_lock lock(mutex_);
  ZIMU_TRY_VOID(update_transcript(id, [&](domain::Transcript& one) { one.title = title; }));
  return store_.transcript(id, false);
}

void JobService::set_cancel_hook(std::function<void(const std::string&)> hook) {
  const std::scoped_lock lock(mutex_);
  cancel_hook_ = std::move(hook);
}

void JobService::wake() {
  {
    const std::scoped_lock lock(mutex_);
    ++wakes_;
  }
  changed_.notify_all();
}

// ── for the supervisor ──────────────────────────────────────────────────────

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
