#include "api/revision_json.hpp"

#include <fmt/format.h>

#include "api/dto.hpp"
#include "api/fields.hpp"
#include "base/utf8.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMostIndex = static_cast<std::int64_t>(domain::kMaxTextSegments);
constexpr std::size_t kShownBytes = 240;  // of a text in a history

/// One operation's fields. A missing or wrong one makes `finish` the error.
class OperationFields {
 public:
  explicit OperationFields(const json::object& object) : fields_(object) { fields_.require("op"); }
  std::string name() { return fields_.text("op").value_or(""); }
  std::size_t place(std::string_view name) { return static_cast<std::size_t>(required_integer(name, 0, kMostIndex)); }
  std::size_t place_or(std::string_view name, std::size_t otherwise) {
    const auto value = fields_.integer(name, 0, kMostIndex);
    return value ? static_cast<std::size_t>(*value) : otherwise;
  }
  Milliseconds time(std::string_view name) { return Milliseconds(required_integer(name, 0, kMaxMediaMs)); }
  Milliseconds difference(std::string_view name) {
    return Milliseconds(required_integer(name, -kMaxMediaMs, kMaxMediaMs));
  }
  std::string text(std::string_view name) {
    fields_.require(name);
    return fields_.text(name).value_or("");
  }
  std::string text_or_none(std::string_view name) { return fields_.text(name).value_or(""); }
  domain::CaptionChoice rules() {
    const auto small = [&](std::string_view name, int least, int most) {
      const auto value = fields_.integer(name, least, most);
      return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
    };
    domain::CaptionChoice choice;
    choice.preset = fields_.text("preset");
    choice.line_chars = small("line_chars", domain::kLeastLineChars, domain::kMostLineChars);
    choice.lines = small("lines", domain::kLeastLines, domain::kMostLines);
    choice.cps = small("cps", domain::kLeastCps, domain::kMostCps);
    choice.shortest_ms = small("shortest_ms", domain::kLeastCueMs, domain::kMostCueMs);
    choice.longest_ms = small("longest_ms", domain::kLeastCueMs, domain::kMostCueMs);
    choice.gap_ms = small("gap_ms", domain::kLeastGapMs, domain::kMostGapMs);
    return choice;
  }
  Result<> finish() { return fields_.finish(); }

 private:
  std::int64_t required_integer(std::string_view name, std::int64_t least, std::int64_t most) {
    fields_.require(name);
    return fields_.integer(name, least, most).value_or(least);
  }
  BodyFields fields_;
};

Result<domain::Operation> read_operation(OperationFields& f) {
  // Braces are evaluated in order, as the errors are to be.
  using namespace domain;
  const std::string name = f.name();
  if (name == "text") return SetText{f.place("index"), f.text("text")};
  if (name == "times") return SetTimes{f.place("index"), f.time("start_ms"), f.time("end_ms")};
  if (name == "speaker") return SetSpeaker{f.place("index"), f.text("speaker")};
  if (name == "rename_speaker") return RenameSpeaker{f.text("from"), f.text("to")};
  if (name == "split") return SplitSegment{f.place("index"), f.place("offset")};
  if (name == "merge") return MergeSegments{f.place("index")};
  if (name == "insert") {
    return InsertSegment{f.place("index"), f.time("start_ms"), f.time("end_ms"), f.text("text"), f.text_or_none("speaker")};
  }
  if (name == "delete") return DeleteSegment{f.place("index")};
  if (name == "shift") return ShiftTimes{f.difference("by_ms"), f.place_or("first", 0), f.place_or("last", kLast)};
  if (name == "stretch") {
    return StretchTimes{f.time("from_a_ms"), f.time("to_a_ms"), f.time("from_b_ms"), f.time("to_b_ms")};
  }
  if (name == "fit") return FitSegments{f.place("first"), f.place("last"), f.rules()};
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not an operation", to_utf8(name)),
              "use text, times, speaker, rename_speaker, split, merge, insert, delete, shift, stretch, fit or take");
}

Result<app::Edit> parse_edit(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInvalidArgument, "an operation must be a JSON object");
  OperationFields fields(value.get_object());
  if (fields.name() == "take") {
    app::TakeDraft take{fields.text("draft_id")};
    ZIMU_TRY_VOID(fields.finish());
    return take;
  }
  auto operation = read_operation(fields);
  if (!operation) return std::unexpected(std::move(operation).error());
  ZIMU_TRY_VOID(fields.finish());
  return std::move(*operation);
}

json::array segments_json(const std::vector<domain::Segment>& segments, std::size_t at) {
  json::array out;
  for (domain::Segment segment : segments) {
    segment.index = static_cast<std::int64_t>(at++);
    out.push_back(to_json(segment));
  }
  return out;
}

json::array hunks_json(const std::vector<domain::Hunk>& hunks, bool with_removed) {
  json::array out;
  for (const domain::Hunk& hunk : hunks) {
    json::object one{{"at", hunk.at}, {"removed", hunk.removed.size()}, {"inserted", segments_json(hunk.inserted, hunk.at)}};
    if (with_removed) one["removed_segments"] = segments_json(hunk.removed, hunk.at);
    out.push_back(std::move(one));
  }
  return out;
}

json::value optional_json(const std::optional<std::int64_t>& value) { return value ? json::value(*value) : json::value(nullptr); }

json::object mark_json(const domain::RevisionMark& mark, Timestamp created_at) {
  return {{"number", mark.number},
          {"kind", domain::revision_kind_name(mark.kind)},
          {"target", optional_json(mark.target)},
          {"created_at", format_rfc3339(created_at)}};
}

std::string shown(const std::string& text) { return std::string(utf8_prefix(to_utf8(text), kShownBytes)); }

}  // namespace

Result<std::vector<app::Edit>> parse_edits(const json::object& body) {
  BodyFields fields(body);
  const json::array* operations = fields.list("operations");
  if (operations == nullptr || operations->empty()) {
    return fail(ErrorCode::kInvalidArgument, "field 'operations' must be a list of at least one operation");
  }
  const json::array& list = *operations;
  if (list.size() > domain::kMaxOperations) {
    return fail(ErrorCode::kTooLarge, fmt::format("{} operations at once; the most is {}", list.size(), domain::kMaxOperations));
  }
  std::vector<app::Edit> edits;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto edit = parse_edit(list[i]);
    if (!edit) {
      Error error = std::move(edit).error();
      error.message = fmt::format("operation {}: {}", i, error.message);
      return std::unexpected(std::move(error));
    }
    edits.push_back(std::move(*edit));
  }
  return edits;
}

void add_undo(json::object& out, const domain::UndoState& undo) {
  out["undo"] = optional_json(undo.undo);
  out["redo"] = optional_json(undo.redo);
}

json::object change_json(const app::RevisionService::Change& change) {
  json::object out{{"transcript_id", change.revision.transcript_id},
                   {"revision", change.revision.mark.number},
                   {"kind", domain::revision_kind_name(change.revision.mark.kind)},
                   {"target", optional_json(change.revision.mark.target)},
                   {"created_at", format_rfc3339(change.revision.created_at)},
                   {"hunks", hunks_json(change.revision.hunks, false)}};
  add_undo(out, change.undo);
  return out;
}

json::object catch_up_json(const app::RevisionService::CatchUp& catch_up) {
  json::object out{{"revision", catch_up.revision}, {"hunks", hunks_json(catch_up.hunks, false)}};
  add_undo(out, catch_up.undo);
  return out;
}

json::object summary_json(const domain::RevisionSummary& revision) {
  json::object out = mark_json(revision.mark, revision.created_at);
  out["hunks"] = revision.hunks;
  out["segments_before"] = revision.removed;
  out["segments_after"] = revision.inserted;
  out["index"] = revision.at;
  out["start_ms"] = revision.start.count();
  out["before"] = shown(revision.before);
  out["after"] = shown(revision.after);
  return out;
}

json::object revision_json(const domain::Revision& revision) {
  json::object out = mark_json(revision.mark, revision.created_at);
  out["transcript_id"] = revision.transcript_id;
  out["hunks"] = hunks_json(revision.hunks, true);
  return out;
}

}  // namespace zimu::api
