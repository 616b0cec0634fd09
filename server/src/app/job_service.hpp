#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/event_bus.hpp"
#include "app/job_requests.hpp"
#include "app/store.hpp"

namespace zimu::app {

/// The queue and the life of each job (domain/job.hpp has the state picture). Blocking (SQLite); thread: any.
/// Every change is on disk before it is published. One exception: a job that ends or pauses while the disk is full is
/// held as paused in memory (its windows are safe); `resume_paused` writes it down once there is room.
class JobService {
 public:
  JobService(Store& store, EventBus& bus);

  /// At server start: what was running is queued again (it goes on from its last committed window).
  Result<> recover();

  /// With a `part` the transcript is a draft. kInvalidArgument: the parent is of another recording or a draft itself, or
  /// the span is not in the recording; kConflict: the parent is being transcribed.
  Result<domain::Job> create(const CreateJob& request);
  Result<domain::Job> create(const CreateRender& request);
  Result<domain::Job> get(const std::string& id);
  Result<Page<domain::Job>> list(const JobQuery& query);
  /// queued/paused: cancelled at once. running: the worker is told; kConflict when already final.
  Result<domain::Job> cancel(const std::string& id);
  /// A person's pause: it lasts until `resume`, also over a restart. queued: at once; running: the worker is told, and
  /// its finished windows stay; paused because the disk is full: it does not go on by itself any more.
  Result<domain::Job> pause(const std::string& id);
  /// paused → queued, whoever paused it. Goes on from the last committed window.
  Result<domain::Job> resume(const std::string& id);
  /// failed or cancelled → queued. Goes on from the last committed window.
  Result<domain::Job> retry(const std::string& id);
  Result<domain::Job> set_priority(const std::string& id, int priority);
  Result<> remove(const std::string& id);  ///< kConflict unless final
  void cancel_all_of(const std::string& media_id);
  Result<domain::Transcript> transcript(const std::string& id, bool with_segments);
  /// Newest first. Drafts only when asked for.
  Result<std::vector<domain::Transcript>> transcripts_of(const std::string& media_id, bool drafts = false);
  Result<std::vector<domain::Window>> windows(const std::string& transcript_id);
  Result<domain::Transcript> rename_transcript(const std::string& id, std::string title);
  Result<domain::Transcript> add_track(NewTrack track);  ///< complete at once
  /// With its jobs, whose files go too. kConflict while one of them is not final. Its drafts go too.
  Result<> remove_transcript(const std::string& id);

  // For the supervisor (job_run.cpp). A slot claims a job, reports, and ends it with exactly one of finish/fail/pause/
  // requeue/cancelled. Where one of these fails the job is still the slot's, which tries again; kNotFound: it was deleted.
  // A job whose cancellation was asked for ends as cancelled, unless it is finished; one whose pause was asked for is
  // paused where it would be queued again.
  /// Waits at most `at_most` for a queued job of this kind and marks it running (attempts + 1).
  Result<std::optional<domain::Job>> claim(std::chrono::milliseconds at_most,
                                           domain::JobKind kind = domain::JobKind::kTranscribe);
  Result<bool> transcribing();  ///< whether a transcription runs, or waits for its turn
  Result<ResumePoint> resume_point(const domain::Job& job);
  Result<> media_found(const std::string& job_id, const domain::MediaInfo& info);
  Result<> language_found(const std::string& job_id, const std::string& language, float probability);
  /// In memory and published at most four times a second a job; not written to disk.
  void progressed(const std::string& job_id, const std::string& stage, Milliseconds done, Milliseconds total,
                  double speed, const std::string& device);
  /// On disk when it returns. kNoSpace: the caller pauses the job.
  Result<> commit(const std::string& job_id, const domain::Window& window);
  Result<> finish(const std::string& job_id);
  Result<> finish_render(const std::string& job_id, domain::RenderResult result);
  Result<> fail(const std::string& job_id, domain::JobFailure failure);
  Result<> pause(const std::string& job_id, domain::JobFailure failure);
  Result<> requeue(const std::string& job_id);          ///< worker crashed once, or the server stops
  Result<> cancelled(const std::string& job_id);
  bool cancel_requested(const std::string& job_id);
  bool pause_requested(const std::string& job_id);
  /// Jobs that wait for room are queued again (called when there is some); what a person paused stays.
  Result<int> resume_paused();
  /// Called (any thread, quickly) when a running job's cancellation or pause is asked for.
  void set_cancel_hook(std::function<void(const std::string& job_id)> hook);
  /// Called (any thread) after a job is gone, for what it left beside the database.
  void set_removed_hook(std::function<void(const domain::Job& job)> hook);
  void wake();  ///< ends the `claim` waits of this moment (server stop)

 private:
  /// A job whose state in memory is ahead of the disk: running (progress), or held back because the disk is full.
  struct Live {
    domain::Job job;
    std::int64_t next_window = 0;  ///< lower ones are replays
    bool held = false;             ///< shown as paused; its row still says something else
    bool cancel_requested = false;
    bool pause_requested = false;
    std::optional<std::chrono::steady_clock::time_point> published;
  };
  using Edit = std::function<Result<>(domain::Job&)>;

  // All of these with mutex_ held.
  Result<domain::Job> current(const std::string& id);
  Result<domain::Job> change(const std::string& id, const Edit& edit);
  Result<> end(const std::string& id, domain::JobState state, std::optional<domain::JobFailure> failure);
  void hold(domain::Job job);
  Result<> update_transcript(const std::string& id, const std::function<void(domain::Transcript&)>& edit);
  Result<std::optional<domain::Job>> claim_next(domain::JobKind kind);
  Result<> add_ended_jobs_of(const std::string& transcript_id, std::vector<domain::Job>& jobs);
  Result<> make_draft(const SpanRequest& part, domain::Job& job, domain::Transcript& transcript);

  Store& store_;
  EventBus& bus_;
  std::mutex mutex_;  ///< guards all below and serialises state changes
  std::condition_variable changed_;
  std::map<std::string, Live> live_;
  std::function<void(const std::string&)> cancel_hook_;
  std::function<void(const domain::Job&)> removed_hook_;
  std::uint64_t wakes_ = 0;
};

}  // namespace zimu::app
