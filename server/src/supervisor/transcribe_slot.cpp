#include "supervisor/transcribe_slot.hpp"

#include <algorithm>

#include "observe/log.hpp"
#include "observe/metrics.hpp"

namespace zimu::supervisor {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// "00:12:34", as players show it.
std::string clock_text(Milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

domain::JobFailure failure_from(const Error& error, bool retryable = false) {
  return {error.code, error.message, error.action, retryable};
}

/// A worker of before would transcribe the whole recording.
Result<> check_able(const protocol::HelloEvent& hello, const domain::Job& job) {
  if (!job.span || std::ranges::find(hello.features, "span") != hello.features.end()) return {};
  return fail(ErrorCode::kUnsupported, fmt::format("the worker ({}) cannot transcribe a part of a recording", hello.engine),
              "use a worker that has the feature `span`, such as zimu-worker");
}

template <class T>
const T* event_of(const protocol::Event& event, const std::string& job_id) {
  const auto* wanted = std::get_if<T>(&event);
  return wanted != nullptr && wanted->job == job_id ? wanted : nullptr;
}

}  // namespace

void TranscribeSlot::run() {
  while (!context_.stop.raised()) {
    auto job = context_.jobs.claim(kTick);
    if (!job) {
      log_error("cannot take a job from the queue: {}", job.error().message);
      context_.stop.wait_for(kTick);
    } else if (*job) {
      slot_.begin_job((*job)->id);
      const Outcome outcome = work_on(**job);
      settle(**job, outcome);
      slot_.end_job();
    } else {
      slot_.idle(context_.options.model_idle);
    }
  }
  slot_.drop();
}

bool TranscribeSlot::wanted_away(const domain::Job& job) const {
  return must_wait(job) || context_.jobs.cancel_requested(job.id);
}

bool TranscribeSlot::must_wait(const domain::Job& job) const {
  return context_.stop.raised() || context_.jobs.pause_requested(job.id);
}

TranscribeSlot::Outcome TranscribeSlot::work_on(const domain::Job& job) {
  auto request = make_request(job);
  if (!request) return on_error(job, request.error());
  auto worker = slot_.ensure([this, &job] { return wanted_away(job); });
  if (!worker) return on_error(job, worker.error());
  if (auto able = check_able((*worker)->hello(), job); !able) return on_error(job, able.error());
  Run run{job, request->next_window, request->resume_at, request->media_path};
  log_info("job {} begins at {} (window {}) in process {}", job.id, clock_text(run.committed),
           run.next_window, (*worker)->pid());
  if (auto sent = (*worker)->send(std::move(*request)); !sent) {
    return on_death(run, sent.error(), (*worker)->last_words());
  }
  slot_.note(job.options.model, "");
  return follow(**worker, run);
}

Result<protocol::TranscribeRequest> TranscribeSlot::make_request(const domain::Job& job) {
  ZIMU_TRY(const auto media, context_.media.get(job.media_id));
  ZIMU_TRY(const auto resume, context_.jobs.resume_point(job));
  const auto on_wait = [this, &job, &resume](const std::string& stage) {
    context_.jobs.progressed(job.id, stage, resume.at, job.duration, 0, "");
    return !wanted_away(job);
  };
  ZIMU_TRY(const auto model_path, context_.options.find_model(job.options.model, on_wait));
  protocol::TranscribeRequest request;
  request.job = job.id;
  request.media_path = std::filesystem::absolute(context_.media.content_path(media)).string();
  request.model_path = std::filesystem::absolute(model_path).string();
  request.options = job.options;
  if (request.options.device == "auto") request.options.device = context_.options.device;
  if (request.options.threads == 0) request.options.threads = context_.options.threads;
  request.resume_at = resume.at;
  if (job.span) {
    request.resume_at = std::max(resume.at, job.span->start);
    request.span_start = job.span->start;
    request.span_end = job.span->end;
  }
  request.next_window = resume.next_window;
  request.next_segment = resume.next_segment;
  request.resume_language = resume.language;
  request.resume_language_probability = resume.language_probability;
  return request;
}

/// Before or outside of the worker's work: nothing has to be stopped.
TranscribeSlot::Outcome TranscribeSlot::on_error(const domain::Job& job, const Error& error) {
  if (context_.jobs.cancel_requested(job.id)) return {Outcome::Kind::kCancelled};
  // kCancelled: given up for a pause that a person has taken back meanwhile.
  if (must_wait(job) || error.code == ErrorCode::kCancelled) return {Outcome::Kind::kQueuedAgain};
  if (error.code == ErrorCode::kNoSpace) return {Outcome::Kind::kPaused, failure_from(error, true)};
  return {Outcome::Kind::kFailed, failure_from(error, error.code == ErrorCode::kUnavailable)};
}

TranscribeSlot::Outcome TranscribeSlot::follow(WorkerProcess& worker, Run& run) {
  auto heard = steady_clock::now();
  while (true) {
    if (auto outcome = obey_orders(worker, run)) return *outcome;
    const auto silent_for = std::chrono::floor<milliseconds>(steady_clock::now() - heard);
    const auto patience = milliseconds(context_.options.heartbeat_timeout) - silent_for;
    if (patience <= milliseconds(0)) {
      return on_death(
          run,
          {ErrorCode::kWorkerCrashed,
           fmt::format("the worker said nothing for {} s and was killed",
                       context_.options.heartbeat_timeout.count()),
           "look at the server's log for what the worker printed, or try another model or device"},
          worker.last_words());
    }
    const auto event = worker.next(std::min(patience, kTick));
    if (!event) return on_death(run, event.error(), worker.last_words());
    if (!*event) continue;
    heard = steady_clock::now();
    if (auto outcome = on_event(worker, run, **event)) return *outcome;
  }
}

std::optional<TranscribeSlot::Outcome> TranscribeSlot::obey_orders(WorkerProcess& worker, Run& run) {
  const bool cancelled = context_.jobs.cancel_requested(run.job.id);
  if (!cancelled && !must_wait(run.job)) return std::nullopt;
  if (end_worker_job(worker, run, LateWindows::kKeep)) return Outcome{Outcome::Kind::kDone};
  return Outcome{cancelled ? Outcome::Kind::kCancelled : Outcome::Kind::kQueuedAgain};
}

/// Asks the worker to leave the job and kills it if it has not after the grace time. True when it said `done`
/// instead.
bool TranscribeSlot::end_worker_job(WorkerProcess& worker, Run& run, LateWindows late) {
  const auto deadline = steady_clock::now() + context_.options.cancel_grace;
  bool listening = worker.send(protocol::CancelRequest{run.job.id}).has_value();
  while (listening && steady_clock::now() < deadline) {
    const auto event = worker.next(std::chrono::ceil<milliseconds>(deadline - steady_clock::now()));
    if (!event) break;
    if (!*event) continue;
    if (event_of<protocol::FailedEvent>(**event, run.job.id) != nullptr) return false;
    if (event_of<protocol::DoneEvent>(**event, run.job.id) != nullptr && late == LateWindows::kKeep)
      return true;
    if (event_of<protocol::DoneEvent>(**event, run.job.id) != nullptr) return false;
    const auto* late_window = event_of<protocol::WindowEvent>(**event, run.job.id);
    if (late_window == nullptr || late == LateWindows::kDrop) continue;
    const auto& window = late_window->window;
    if (window.index != run.next_window || !context_.jobs.commit(run.job.id, window)) {
      late = LateWindows::kDrop;  // a later one would leave a hole in the text
      continue;
    }
    run.next_window = window.index + 1;
    run.committed = window.end;
  }
  log_warn("the worker did not leave job {} in {} ms and is killed", run.job.id,
           context_.options.cancel_grace.count());
  slot_.kill();
  return false;
}

std::optional<TranscribeSlot::Outcome> TranscribeSlot::on_event(WorkerProcess& worker, Run& run,
                                                                const protocol::Event& event) {
  const std::string& id = run.job.id;
  if (const auto* progress = event_of<protocol::ProgressEvent>(event, id)) {
    context_.jobs.progressed(id, progress->stage, progress->done, progress->total, progress->speed,
                             progress->device);
    slot_.note("", progress->device);
  } else if (const auto* window = event_of<protocol::WindowEvent>(event, id)) {
    return on_window(worker, run, window->window);
  } else if (const auto* media = event_of<protocol::MediaEvent>(event, id)) {
    auto stored = context_.jobs.media_found(id, media->info);
    if (!stored) return on_storage_error(worker, run, stored.error());
  } else if (const auto* language = event_of<protocol::LanguageEvent>(event, id)) {
    auto stored = context_.jobs.language_found(id, language->language, language->probability);
    if (!stored) return on_storage_error(worker, run, stored.error());
  } else if (event_of<protocol::DoneEvent>(event, id) != nullptr) {
    return Outcome{Outcome::Kind::kDone};
  } else if (const auto* failed = event_of<protocol::FailedEvent>(event, id)) {
    return on_failed(run, *failed);
  } else if (const auto* unknown = std::get_if<protocol::UnknownEvent>(&event)) {
    log_warn("the worker sent an event of a type this server does not know: {}", unknown->type);
  }
  return std::nullopt;  // events of the job before this one come late and mean nothing
}

std::optional<TranscribeSlot::Outcome> TranscribeSlot::on_window(WorkerProcess& worker, Run& run,
                                                                 const domain::Window& window) {
  if (window.index < run.next_window) return std::nullopt;  // said twice
  if (window.index > run.next_window) {
    return on_death(run,
                    {ErrorCode::kProtocol,
                     fmt::format("the worker sent window {} when {} was due", window.index, run.next_window),
                     "check the worker program: it must send every window, in order"},
                    "");
  }
  if (auto stored = context_.jobs.commit(run.job.id, window); !stored) {
    return on_storage_error(worker, run, stored.error());
  }
  run.next_window = window.index + 1;
  run.committed = window.end;
  if (context_.options.metrics != nullptr) {
    context_.options.metrics->add_audio_transcribed(window.end - window.start);
    for (const auto& retry : window.retries) context_.options.metrics->add_window_retry(retry.reason);
  }
  return std::nullopt;
}

TranscribeSlot::Outcome TranscribeSlot::on_storage_error(WorkerProcess& worker, Run& run,
                                                         const Error& error) {
  // No further window may be committed: the one that failed would be missing for ever.
  end_worker_job(worker, run, LateWindows::kDrop);
  if (error.code == ErrorCode::kNotFound) return {Outcome::Kind::kGone};
  return on_error(run.job, error);
}

TranscribeSlot::Outcome TranscribeSlot::on_failed(const Run& run, const protocol::FailedEvent& event) {
  if (context_.jobs.cancel_requested(run.job.id)) return {Outcome::Kind::kCancelled};
  if (must_wait(run.job)) return {Outcome::Kind::kQueuedAgain};
  // Whatever filled the memory goes with the process.
  if (event.code == ErrorCode::kOutOfMemory) slot_.kill();
  const bool retryable = event.retryable || event.code == ErrorCode::kCancelled;
  if (retryable && context_.ledger.take_second_chance(run.job.id)) {
    log_warn("job {} is tried once more: {}", run.job.id, event.message);
    return {Outcome::Kind::kQueuedAgain};
  }
  const auto media = context_.media.get(run.job.media_id);
  const std::string message =
      media ? with_name(event.message, run.media_path, media->file_name) : event.message;
  return {Outcome::Kind::kFailed, {event.code, message, event.action, event.retryable}};
}

TranscribeSlot::Outcome TranscribeSlot::on_death(const Run& run, const Error& why,
                                                 const std::string& last_words) {
  slot_.kill();
  if (context_.options.metrics != nullptr) context_.options.metrics->add_worker_restart();
  const std::string what = why.code == ErrorCode::kProtocol
                               ? fmt::format("the worker broke the protocol ({})", why.message)
                               : why.message;
  const std::string place = clock_text(run.committed);
  log_warn("job {}: {} at {} (window {})", run.job.id, what, place, run.next_window);
  if (context_.jobs.cancel_requested(run.job.id)) return {Outcome::Kind::kCancelled};
  if (must_wait(run.job)) return {Outcome::Kind::kQueuedAgain};
  if (context_.ledger.add_death(run.job.id, run.next_window) < 2) {
    context_.jobs.progressed(run.job.id, fmt::format("{}; it goes on from {}", what, place), run.committed,
                             run.job.duration, 0, "");
    return {Outcome::Kind::kQueuedAgain};
  }
  const std::string said = last_words.empty() ? "" : fmt::format("; the last it printed: {}", last_words);
  const std::string action = fmt::format(
      "the text up to {} is kept; check the recording at that place, then retry. {}", place, why.action);
  return {Outcome::Kind::kFailed,
          {ErrorCode::kWorkerCrashed, fmt::format("{} at {}, twice at the same place{}", what, place, said),
           action}};
}

void TranscribeSlot::settle(const domain::Job& job, const Outcome& outcome) {
  const auto report = [this, &job, &outcome]() -> Result<> {
    switch (outcome.kind) {
      case Outcome::Kind::kDone:
        return context_.jobs.finish(job.id);
      case Outcome::Kind::kFailed:
        return context_.jobs.fail(job.id, outcome.failure);
      case Outcome::Kind::kPaused:
        return context_.jobs.pause(job.id, outcome.failure);
      case Outcome::Kind::kQueuedAgain:
        return context_.jobs.requeue(job.id);
      case Outcome::Kind::kCancelled:
      case Outcome::Kind::kGone:  // so that the service forgets what it knew of it
        return context_.jobs.cancelled(job.id);
    }
    return {};
  };
  if (outcome.kind == Outcome::Kind::kFailed) log_warn("job {} failed: {}", job.id, outcome.failure.message);
  if (outcome.kind == Outcome::Kind::kPaused) log_warn("job {} waits: {}", job.id, outcome.failure.message);
  const bool goes_on = outcome.kind == Outcome::Kind::kQueuedAgain || outcome.kind == Outcome::Kind::kPaused;
  if (!goes_on) context_.ledger.forget(job.id);
  report_until_stored(context_, fmt::format("the end of job {}", job.id), report);
}

}  // namespace zimu::supervisor
