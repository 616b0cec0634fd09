#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/edit/hunk.hpp"

/// The history of a transcript: a list that only grows. Pure; thread: any.
namespace zimu::domain {

enum class RevisionKind : std::uint8_t { kEdit, kUndo, kRedo, kRestore };

std::string_view revision_kind_name(RevisionKind kind) noexcept;  ///< "edit" | "undo" | "redo" | "restore"
Result<RevisionKind> revision_kind_from_name(std::string_view name);

/// A revision without what it did.
struct RevisionMark {
  std::int64_t number = 0;  ///< 1, 2, 3 …
  RevisionKind kind = RevisionKind::kEdit;
  std::optional<std::int64_t> target = {};  ///< the one undone, done again, or (restore) gone back to
};

struct Revision {
  std::string transcript_id;
  RevisionMark mark;
  Timestamp created_at{};
  std::vector<Hunk> hunks;
};

/// What a history shows of a revision.
struct RevisionSummary {
  RevisionMark mark;
  Timestamp created_at{};
  std::size_t hunks = 0;
  std::size_t removed = 0;   ///< segments, of all hunks together
  std::size_t inserted = 0;
  std::size_t at = 0;        ///< of the first hunk, as what follows
  Milliseconds start{0};     ///< of its first new segment, or where there is none of its first old one
  std::string before;        ///< text of its first old segment
  std::string after;         ///< text of its first new one
};

/// What undo and redo would act upon. Undo walks back over edits and restores; each new edit ends what could be redone.
struct UndoState {
  std::optional<std::int64_t> undo;
  std::optional<std::int64_t> redo;
};
UndoState undo_state(std::span<const RevisionMark> history);

}  // namespace zimu::domain
