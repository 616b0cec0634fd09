#include "domain/edit/revision.hpp"

#include <fmt/format.h>

namespace zimu::domain {

std::string_view revision_kind_name(RevisionKind kind) noexcept {
  switch (kind) {
    case RevisionKind::kUndo:
      return "undo";
    case RevisionKind::kRedo:
      return "redo";
    case RevisionKind::kRestore:
      return "restore";
    case RevisionKind::kEdit:
      break;
  }
  return "edit";
}

Result<RevisionKind> revision_kind_from_name(std::string_view name) {
  for (const auto kind : {RevisionKind::kEdit, RevisionKind::kUndo, RevisionKind::kRedo, RevisionKind::kRestore}) {
    if (name == revision_kind_name(kind)) return kind;
  }
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a kind of revision", name));
}

UndoState undo_state(std::span<const RevisionMark> history) {
  std::vector<std::int64_t> done, undone;
  for (const RevisionMark& mark : history) {
    switch (mark.kind) {
      case RevisionKind::kUndo:
        if (done.empty()) break;
        undone.push_back(done.back());
        done.pop_back();
        break;
      case RevisionKind::kRedo:
        if (undone.empty()) break;
        done.push_back(undone.back());
        undone.pop_back();
        break;
      case RevisionKind::kEdit:
      case RevisionKind::kRestore:
        done.push_back(mark.number);
        undone.clear();
        break;
    }
  }
  UndoState state;
  if (!done.empty()) state.undo = done.back();
  if (!undone.empty()) state.redo = undone.back();
  return state;
}

}  // namespace zimu::domain
