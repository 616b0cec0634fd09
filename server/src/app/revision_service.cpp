#include "app/revision_service.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "domain/captions/captions.hpp"

namespace zimu::app {
namespace {

constexpr int kStride = 50;  // revisions in memory at a time

Error no_revision(std::int64_t number) {
  return {ErrorCode::kNotFound, fmt::format("this transcript has no revision {}", number)};
}

}  // namespace

Result<domain::Transcript> RevisionService::open(const std::string& id, std::int64_t base, bool with_segments) {
  ZIMU_TRY(auto transcript, store_.transcript(id, with_segments));
  if (!transcript.complete && !transcript.job_id.empty()) {
    const auto job = store_.job(transcript.job_id);
    if (job && !domain::is_final(job->state)) {
      return fail(ErrorCode::kConflict, "this transcript is still being written",
                  "wait until its job has ended, or cancel it");
    }
    if (!job && job.error().code != ErrorCode::kNotFound) return std::unexpected(job.error());
  }
  if (transcript.revision != base) {
    return fail(ErrorCode::kConflict,
                fmt::format("the transcript was changed meanwhile: it is at revision {}, and this change was made for {}",
                            transcript.revision, base),
                "take the changes in and try again");
  }
  return transcript;
}

Result<RevisionService::Change> RevisionService::commit(const domain::Transcript& transcript, domain::RevisionMark mark,
                                                        std::vector<domain::Hunk> hunks) {
  Change change;
  change.revision = {transcript.id, mark, now_utc(), std::move(hunks)};
  if (change.revision.hunks.empty() && mark.kind != domain::RevisionKind::kUndo && mark.kind != domain::RevisionKind::kRedo) {
    change.revision.mark.number = transcript.revision;
  } else {
    change.revision.mark.number = transcript.revision + 1;
    ZIMU_TRY_VOID(store_.commit_revision(change.revision));
    ZIMU_TRY(auto header, store_.transcript(transcript.id, false));
    bus_.publish(std::move(header));
  }
  auto seen = transcript;
  seen.revision = change.revision.mark.number;
  ZIMU_TRY(change.undo, undo_state(seen));
  return change;
}

Result<RevisionService::Change> RevisionService::edit(const std::string& transcript_id, std::int64_t base,
                                                      std::span<const Edit> edits) {
  ZIMU_TRY(auto transcript, open(transcript_id, base, true));
  std::vector<domain::Operation> operations;
  for (const Edit& edit : edits) {
    if (const auto* take = std::get_if<TakeDraft>(&edit)) {
      ZIMU_TRY(auto segments, draft(transcript, take->draft_id));
      operations.emplace_back(std::move(segments));
    } else {
      operations.push_back(std::get<domain::Operation>(edit));
    }
  }
  const std::string language(domain::shown_language(transcript));
  ZIMU_TRY(auto hunks, domain::edit(transcript.segments, operations, language));
  return commit(transcript, {.kind = domain::RevisionKind::kEdit}, std::move(hunks));
}

Result<domain::TakeSegments> RevisionService::draft(const domain::Transcript& parent, const std::string& draft_id) {
  ZIMU_TRY(auto draft, store_.transcript(draft_id, true));
  if (draft.origin != domain::Origin::kDraft || draft.parent_id != parent.id) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("transcript {} is no draft of this one", draft_id));
  }
  ZIMU_TRY(const auto job, store_.job(draft.job_id));
  if (!draft.complete || !job.span) return fail(ErrorCode::kConflict, "the draft is not finished", "wait until its job is done");
  return domain::TakeSegments{job.span->start, job.span->end, std::move(draft.segments)};
}

Result<RevisionService::Change> RevisionService::undo(const std::string& transcript_id, std::int64_t base) {
  ZIMU_TRY(const auto transcript, open(transcript_id, base, false));
  ZIMU_TRY(const auto state, undo_state(transcript));
  if (!state.undo) return fail(ErrorCode::kConflict, "there is nothing to undo");
  ZIMU_TRY(const auto revision, get(transcript_id, *state.undo));
  return commit(transcript, {.kind = domain::RevisionKind::kUndo, .target = state.undo}, domain::inverse(revision.hunks));
}

Result<RevisionService::Change> RevisionService::redo(const std::string& transcript_id, std::int64_t base) {
  ZIMU_TRY(const auto transcript, open(transcript_id, base, false));
  ZIMU_TRY(const auto state, undo_state(transcript));
  if (!state.redo) return fail(ErrorCode::kConflict, "there is nothing to do again");
  ZIMU_TRY(auto revision, get(transcript_id, *state.redo));
  return commit(transcript, {.kind = domain::RevisionKind::kRedo, .target = state.redo}, std::move(revision.hunks));
}

Result<RevisionService::Change> RevisionService::restore(const std::string& transcript_id, std::int64_t base,
                                                         std::int64_t number) {
  ZIMU_TRY(const auto transcript, open(transcript_id, base, true));
  if (number < 0 || number > transcript.revision) return std::unexpected(no_revision(number));
  ZIMU_TRY(const auto then, as_after(transcript, number));
  return commit(transcript, {.kind = domain::RevisionKind::kRestore, .target = number},
                domain::difference(transcript.segments, then));
}

Result<std::vector<domain::Segment>> RevisionService::as_after(const domain::Transcript& transcript, std::int64_t number) {
  auto segments = transcript.segments;
  for (std::int64_t at = transcript.revision; at > number;) {
    ZIMU_TRY(const auto page, store_.revisions({.transcript_id = transcript.id, .after = {}, .before = at + 1, .limit = kStride}));
    if (page.empty()) return std::unexpected(no_revision(at));
    for (const domain::Revision& revision : page) {
      if (revision.mark.number <= number) break;
      domain::apply_hunks(segments, domain::inverse(revision.hunks));
      at = revision.mark.number - 1;
    }
  }
  return segments;
}

Result<RevisionService::CatchUp> RevisionService::changes(const std::string& transcript_id, std::int64_t since) {
  ZIMU_TRY(auto transcript, store_.transcript(transcript_id, false));
  if (since < 0 || since > transcript.revision || transcript.revision - since > kMaxChanges) {
    return fail(ErrorCode::kConflict, fmt::format("the changes since revision {} cannot be given one by one", since),
                "load the transcript anew");
  }
  CatchUp out;
  out.revision = since;
  while (out.revision < transcript.revision) {
    ZIMU_TRY(auto page, store_.revisions({.transcript_id = transcript_id, .after = out.revision, .before = {}, .limit = kStride}));
    if (page.empty()) return std::unexpected(no_revision(out.revision + 1));
    for (domain::Revision& revision : page) {
      out.revision = revision.mark.number;
      std::move(revision.hunks.begin(), revision.hunks.end(), std::back_inserter(out.hunks));
    }
  }
  // It may have gone on while we read.
  transcript.revision = out.revision;
  ZIMU_TRY(out.undo, undo_state(transcript));
  return out;
}

Result<Page<domain::RevisionSummary>> RevisionService::list(const std::string& transcript_id, int limit,
                                                            std::optional<std::int64_t> before) {
  if (auto transcript = store_.transcript(transcript_id, false); !transcript) {
    return std::unexpected(std::move(transcript).error());
  }
  Page<domain::RevisionSummary> page;
  const int most = std::clamp(limit, 1, kMaxPage);
  ZIMU_TRY(page.items, store_.revision_summaries({.transcript_id = transcript_id, .after = {}, .before = before, .limit = most + 1}));
  if (page.items.size() > static_cast<std::size_t>(most)) {
    page.items.pop_back();
    page.next = std::to_string(page.items.back().mark.number);
  }
  return page;
}

Result<domain::Revision> RevisionService::get(const std::string& transcript_id, std::int64_t number) {
  if (auto transcript = store_.transcript(transcript_id, false); !transcript) {
    return std::unexpected(std::move(transcript).error());
  }
  ZIMU_TRY(auto found, store_.revisions({.transcript_id = transcript_id, .after = number - 1, .before = {}, .limit = 1}));
  if (found.empty() || found.front().mark.number != number) return std::unexpected(no_revision(number));
  return std::move(found.front());
}

Result<domain::UndoState> RevisionService::undo_state(const domain::Transcript& transcript) {
  if (transcript.revision == 0) return domain::UndoState{};
  ZIMU_TRY(auto marks, store_.revision_marks(transcript.id));
  std::erase_if(marks, [&](const auto& mark) { return mark.number > transcript.revision; });
  return domain::undo_state(marks);
}

}  // namespace zimu::app
