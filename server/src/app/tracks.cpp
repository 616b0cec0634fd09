// Transcripts that no job makes, films with subtitles, and the end of a transcript.
#include <fmt/format.h>

#include "app/file_name.hpp"
#include "app/job_service.hpp"
#include "base/uuid.hpp"

namespace zimu::app {

using domain::Job;
using domain::JobKind;
using domain::JobState;

Result<domain::Transcript> JobService::add_track(NewTrack track) {
  ZIMU_TRY(const auto media, store_.media(track.media_id));
  domain::Transcript transcript;
  transcript.id = new_uuid();
  transcript.media_id = media.id;
  transcript.title = clean_line(track.title);
  if (transcript.title.empty()) transcript.title = media.title;
  if (transcript.title.size() > kMaxTitleBytes) {
    return zimu::fail(ErrorCode::kInvalidArgument, fmt::format("title must have 1 to {} bytes", kMaxTitleBytes));
  }
  transcript.model = std::move(track.model);
  transcript.origin = track.origin;
  transcript.language = std::move(track.language);
  transcript.language_probability = transcript.language.empty() ? 0.0F : 1.0F;
  transcript.duration = media.info.duration;
  transcript.complete = true;
  transcript.created_at = transcript.updated_at = now_utc();
  transcript.segments = std::move(track.segments);
  for (std::size_t i = 0; i < transcript.segments.size(); ++i) {
    transcript.segments[i].index = static_cast<std::int64_t>(i);
  }
  const std::scoped_lock lock(mutex_);
  if (auto inserted = store_.insert_transcript(transcript); !inserted) {
    if (inserted.error().code != ErrorCode::kNotFound) return std::unexpected(std::move(inserted).error());
    return zimu::fail(ErrorCode::kNotFound, fmt::format("recording {} was deleted just now", media.id));
  }
  transcript.segments.clear();
  bus_.publish(transcript);
  return transcript;
}

Result<Job> JobService::create(const CreateRender& request) {
  ZIMU_TRY_VOID(domain::validate(request.options));
  ZIMU_TRY_VOID(check_priority(request.priority));
  ZIMU_TRY(const auto transcript, store_.transcript(request.transcript_id, false));
  if (!request.media_id.empty() && request.media_id != transcript.media_id) {
    return zimu::fail(ErrorCode::kInvalidArgument, "field 'media_id' is not the recording of this transcript");
  }
  ZIMU_TRY(const auto media, store_.media(transcript.media_id));
  if (media.state == domain::MediaState::kInspecting) {
    return zimu::fail(ErrorCode::kConflict, fmt::format("{} is still being looked at", media.file_name),
                      "ask again in a moment");
  }
  if (media.state == domain::MediaState::kUnreadable) {
    return zimu::fail(ErrorCode::kBadMedia, fmt::format("{} cannot be rendered: {}", media.file_name, media.problem),
                      "upload a file that can be played");
  }
  if (!transcript.complete) {
    return zimu::fail(ErrorCode::kConflict, fmt::format("transcript {} is not complete", transcript.id),
                      "wait until its job is done, or retry that job");
  }
  Job job;
  job.id = new_uuid();
  job.kind = JobKind::kRender;
  job.render = request.options;
  job.media_id = media.id;
  job.transcript_id = transcript.id;
  job.options.model = transcript.model;
  job.stage = domain::job_state_name(JobState::kQueued);
  job.duration = media.info.duration;
  job.priority = request.priority;
  job.created_at = job.updated_at = now_utc();
  const std::scoped_lock lock(mutex_);
  if (auto inserted = store_.insert_job_of(job); !inserted) {
    if (inserted.error().code != ErrorCode::kNotFound) return std::unexpected(std::move(inserted).error());
    return zimu::fail(ErrorCode::kNotFound, fmt::format("transcript {} was deleted just now", transcript.id));
  }
  bus_.publish(job);
  changed_.notify_all();
  return job;
}

Result<> JobService::finish_render(const std::string& job_id, domain::RenderResult result) {
  const std::scoped_lock lock(mutex_);
  // One step: a render is done with its file, or not at all.
  if (const auto live = live_.find(job_id); live != live_.end()) live->second.job.result = std::move(result);
  auto ended = end(job_id, JobState::kDone, std::nullopt);
  if (const auto live = live_.find(job_id); !ended && live != live_.end()) live->second.job.result.reset();
  return ended;
}

Result<> JobService::remove_transcript(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  ZIMU_TRY(const auto transcript, store_.transcript(id, false));
  ZIMU_TRY(const auto siblings, store_.transcripts_of(transcript.media_id));
  std::vector<std::string> gone;  // its drafts go with it
  for (const auto& one : siblings) {
    if (one.id == id || one.parent_id == id) gone.push_back(one.id);
  }
  std::vector<Job> jobs;
  for (const auto& one : gone) ZIMU_TRY_VOID(add_ended_jobs_of(one, jobs));
  ZIMU_TRY_VOID(store_.delete_transcript(id));
  for (const Job& job : jobs) {
    live_.erase(job.id);
    if (removed_hook_) removed_hook_(job);
    bus_.publish(JobRemoved{job.id});
  }
  for (const auto& one : gone) bus_.publish(TranscriptRemoved{one, transcript.media_id});
  return {};
}

Result<> JobService::add_ended_jobs_of(const std::string& transcript_id, std::vector<Job>& jobs) {
  JobQuery query{.page = {.limit = kMaxPageSize}};
  query.transcript_id = transcript_id;
  do {
    ZIMU_TRY(const auto page, store_.list_jobs(query));
    for (const Job& stored : page.items) {
      ZIMU_TRY(auto job, current(stored.id));
      if (!domain::is_final(job.state)) {
        return zimu::fail(ErrorCode::kConflict,
                          fmt::format("job {} of this transcript is {}", job.id, domain::job_state_name(job.state)),
                          "cancel it first");
      }
      jobs.push_back(std::move(job));
    }
    query.page.after = page.next;
  } while (query.page.after);
  return {};
}

void JobService::set_removed_hook(std::function<void(const Job&)> hook) {
  const std::scoped_lock lock(mutex_);
  removed_hook_ = std::move(hook);
}

}  // namespace zimu::app
