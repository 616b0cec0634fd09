#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "app/event_bus.hpp"
#include "app/store.hpp"
#include "domain/edit/operations.hpp"

namespace zimu::app {

/// A draft's segments in the place of what its parent has in the draft's span.
struct TakeDraft {
  std::string draft_id;
};
using Edit = std::variant<domain::Operation, TakeDraft>;

/// Editing of transcripts. Every change is a revision: on disk when the call returns, then published, never removed.
/// `base` is the revision that the caller saw: when it is not the last one any more, nothing is done (kConflict), so
/// nobody overwrites what he has not seen. kConflict too while a job still writes the transcript. Blocking; thread: any.
class RevisionService {
 public:
  static constexpr int kMaxPage = 200;
  static constexpr std::int64_t kMaxChanges = 500;  ///< revisions that `changes` gives at once

  RevisionService(Store& store, EventBus& bus) : store_(store), bus_(bus) {}

  struct Change {
    domain::Revision revision;  ///< no hunks: nothing was changed, and its number is `base`
    domain::UndoState undo;
  };
  Result<Change> edit(const std::string& transcript_id, std::int64_t base, std::span<const Edit> edits);
  /// kConflict when there is nothing to undo or to do again.
  Result<Change> undo(const std::string& transcript_id, std::int64_t base);
  Result<Change> redo(const std::string& transcript_id, std::int64_t base);
  /// Back to how it was after revision `number`; 0: as it was made.
  Result<Change> restore(const std::string& transcript_id, std::int64_t base, std::int64_t number);

  struct CatchUp {
    std::int64_t revision = 0;
    domain::UndoState undo;
    std::vector<domain::Hunk> hunks;
  };
  /// What was done after revision `since`. kConflict when that is too much, or is no revision of this transcript: load it
  /// anew.
  Result<CatchUp> changes(const std::string& transcript_id, std::int64_t since);
  /// Newest first, with `number` < `before`.
  Result<Page<domain::RevisionSummary>> list(const std::string& transcript_id, int limit, std::optional<std::int64_t> before);
  Result<domain::Revision> get(const std::string& transcript_id, std::int64_t number);
  Result<domain::UndoState> undo_state(const domain::Transcript& transcript);

 private:
  Result<domain::TakeSegments> draft(const domain::Transcript& parent, const std::string& draft_id);
  Result<domain::Transcript> open(const std::string& id, std::int64_t base, bool with_segments);
  Result<Change> commit(const domain::Transcript& transcript, domain::RevisionMark mark, std::vector<domain::Hunk> hunks);
  Result<std::vector<domain::Segment>> as_after(const domain::Transcript& transcript, std::int64_t number);

  Store& store_;
  EventBus& bus_;
};

}  // namespace zimu::app
