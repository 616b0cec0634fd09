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

/// What undo and redo would act upon. Undo walks back over edits and restores; each new edit ends what could be redone.
struct UndoState {
  std::optional<std::int64_t> undo;
  std::optional<std::int64_t> redo;
};
UndoState undo_state(std::span<const RevisionMark> history);

}  // namespace zimu::domain
