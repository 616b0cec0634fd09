#include "app/job_service.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "app/file_name.hpp"
#include "app/job_moves.hpp"
#include "base/uuid.hpp"

namespace zimu::app {

using domain::Job;
using domain::JobState;

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

}  // namespace zimu::app
