#include <fmt/format.h>

#include "app/job_service.hpp"

namespace zimu::app {
namespace {

using domain::Job;
using domain::Transcript;

Result<> check_parent(const Transcript& parent, const Job& draft) {
  if (parent.media_id != draft.media_id) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("transcript {} is of another recording than {}", parent.id, draft.media_id),
                "give a transcript of this recording as span.transcript_id");
  }
  if (parent.origin == domain::Origin::kDraft) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("transcript {} is a draft itself", parent.id),
                "give the transcript that it belongs to");
  }
  return {};
}

}  // namespace

/// What is of a part only, in a job and a transcript that are made for the whole recording.
Result<> JobService::make_draft(const SpanRequest& part, Job& job, Transcript& transcript) {
  ZIMU_TRY(const auto parent, store_.transcript(part.span.transcript_id, false));
  ZIMU_TRY_VOID(check_parent(parent, job));
  const auto made_by = parent.job_id.empty() ? Result<Job>(std::unexpected(Error{ErrorCode::kNotFound, "", ""}))
                                             : current(parent.job_id);
  if (!made_by && made_by.error().code != ErrorCode::kNotFound) return std::unexpected(made_by.error());
  if (!parent.complete && made_by && !domain::is_final(made_by->state)) {
    return zimu::fail(ErrorCode::kConflict, fmt::format("transcript {} is being made: its job is {}", parent.id,
                                                        domain::job_state_name(made_by->state)),
                      "wait until it is done, or cancel it");
  }
  // What was decoded may be a little longer than the container says.
  ZIMU_TRY(const auto decoded, store_.resume_point(parent.id));
  const Milliseconds known = job.duration.count() > 0 ? std::max(job.duration, decoded.at) : Milliseconds{0};
  ZIMU_TRY_VOID(domain::validate(part.span, known));

  domain::TranscribeOptions& options = job.options;
  if (!part.language_given && options.languages.empty() && !parent.language.empty()) options.language = parent.language;
  if (!part.task_given) options.task = parent.task;
  if (!part.audio_stream_given && made_by) options.audio_stream = made_by->options.audio_stream;
  job.span = part.span;
  job.duration = part.span.end - part.span.start;

  transcript.origin = domain::Origin::kDraft;
  transcript.parent_id = parent.id;
  transcript.title = parent.title;
  transcript.task = options.task;
  if (options.language != "auto") {
    transcript.language = options.language;
    transcript.language_probability = 1;
  }
  return {};
}

}  // namespace zimu::app
