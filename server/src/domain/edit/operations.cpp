#include "domain/edit/operations.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "domain/captions/captions.hpp"
#include "domain/edit/pieces.hpp"
#include "domain/edit/retime.hpp"

namespace zimu::domain {
namespace {

Error invalid(std::string message, std::string action = {}) {
  return {ErrorCode::kInvalidArgument, std::move(message), std::move(action)};
}

/// The segments as they become, and the hunks that made them.
class Editor {
 public:
  Editor(std::vector<Segment>& segments, std::string_view language) : segments_(segments), language_(language) {}

  Result<> operator()(const SetText& o) {
    ZIMU_TRY(Segment segment, get(o.index));
    ZIMU_TRY(std::string text, editing::checked_text(o.text));
    if (text == segment.text) return {};
    segment.words = retime_words(segment, text);
    segment.text = std::move(text);
    segment.tokens.clear();
    return replace(o.index, 1, {std::move(segment)});
  }
  Result<> operator()(const SetTimes& o) {
    ZIMU_TRY(Segment segment, get(o.index));
    ZIMU_TRY_VOID(check_times(o.index, o.start, o.end));
    editing::set_times(segment, o.start, o.end);
    editing::share_room(segment);
    return replace(o.index, 1, {std::move(segment)});
  }
  Result<> operator()(const SetSpeaker& o) {
    ZIMU_TRY(Segment segment, get(o.index));
    ZIMU_TRY(segment.speaker, editing::checked_speaker(o.speaker));
    return replace(o.index, 1, {std::move(segment)});
  }
  Result<> operator()(const RenameSpeaker& o) {
    ZIMU_TRY(const std::string to, editing::checked_speaker(o.to));
    bool found = false;
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      if (segments_[i].speaker != o.from) continue;
      found = true;
      Segment segment = segments_[i];
      segment.speaker = to;
      ZIMU_TRY_VOID(replace(i, 1, {std::move(segment)}));
    }
    if (!found) return std::unexpected(invalid(fmt::format("nobody is called '{}' here", o.from)));
    return {};
  }
  Result<> operator()(const SplitSegment& o) {
    ZIMU_TRY(const Segment segment, get(o.index));
    ZIMU_TRY(auto parts, editing::split(segment, o.offset));
    return replace(o.index, 1, {std::move(parts.first), std::move(parts.second)});
  }
  Result<> operator()(const MergeSegments& o) {
    ZIMU_TRY(const Segment first, get(o.index));
    if (o.index + 1 >= segments_.size()) return std::unexpected(invalid("no segment follows the last one"));
    return replace(o.index, 2, {editing::merge(first, segments_[o.index + 1])});
  }
  Result<> operator()(const InsertSegment& o) {
    if (o.index > segments_.size()) return std::unexpected(no_segment(o.index));
    if (segments_.size() >= kMaxTextSegments) {
      return std::unexpected(invalid(fmt::format("a transcript has at most {} segments", kMaxTextSegments)));
    }
    Segment segment;
    ZIMU_TRY(segment.text, editing::checked_text(o.text));
    ZIMU_TRY(segment.speaker, editing::checked_speaker(o.speaker));
    segment.start = o.start;
    segment.end = o.end;
    const bool words = std::any_of(segments_.begin(), segments_.end(), [](const Segment& s) { return !s.words.empty(); });
    if (words) segment.words = spread_words(o.start, o.end, segment.text);
    return replace(o.index, 0, {std::move(segment)});
  }
  Result<> operator()(const DeleteSegment& o) {
    ZIMU_TRY_VOID(get(o.index));
    return replace(o.index, 1, {});
  }
  Result<> operator()(const ShiftTimes& o) {
    const auto moved = [&](Milliseconds time) { return time + o.by; };
    const std::size_t last = o.last == kLast && !segments_.empty() ? segments_.size() - 1 : o.last;
    return retime(o.first, last, moved);
  }
  Result<> operator()(const StretchTimes& o) {
    if (o.from_b <= o.from_a || o.to_b <= o.to_a) {
      return std::unexpected(invalid("the second point must be later than the first, before and after"));
    }
    const double factor = static_cast<double>((o.to_b - o.to_a).count()) / static_cast<double>((o.from_b - o.from_a).count());
    const auto moved = [&](Milliseconds time) {
      const double far = static_cast<double>((time - o.from_a).count()) * factor;
      // Beyond what any recording has, and refused by `replace`.
      return o.to_a + Milliseconds(static_cast<std::int64_t>(std::clamp(far, -1e15, 1e15) + (far < 0 ? -0.5 : 0.5)));
    };
    return segments_.empty() ? Result<>{} : retime(0, segments_.size() - 1, moved);
  }
  Result<> operator()(const FitSegments& o) {
    ZIMU_TRY_VOID(check_range(o.first, o.last));
    ZIMU_TRY(const CaptionRules rules, caption_rules(o.rules, language_));
    Transcript part;
    part.language = language_;
    part.segments.assign(segments_.begin() + offset(o.first), segments_.begin() + offset(o.last + 1));
    auto cues = make_captions(part, rules).segments;
    for (Segment& cue : cues) tidy(cue);
    keep_between(cues, o.first, o.last, rules.gap);
    return replace(o.first, o.last - o.first + 1, std::move(cues));
  }
  Result<> operator()(const TakeSegments& o) {
    if (o.end <= o.start) return std::unexpected(invalid("the span is empty"));
    std::size_t first = 0;
    while (first < segments_.size() && !mostly_within(segments_[first], o.start, o.end) && segments_[first].start < o.start) ++first;
    std::size_t count = 0;
    while (first + count < segments_.size() && mostly_within(segments_[first + count], o.start, o.end)) ++count;
    auto segments = o.segments;
    // What stays before and after is left alone; the new ones keep between.
    const Milliseconds least = first == 0 ? Milliseconds(0) : segments_[first - 1].start;
    const Milliseconds most = first + count < segments_.size() ? segments_[first + count].start : Milliseconds(kMaxMediaMs);
    for (Segment& segment : segments) {
      const auto start = std::clamp(segment.start, least, most);
      editing::set_times(segment, start, std::max(segment.end, start + Milliseconds(1)));
    }
    return replace(first, count, std::move(segments));
  }

  std::vector<Hunk> take() { return std::move(hunks_); }

 private:
  static std::ptrdiff_t offset(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }
  static bool mostly_within(const Segment& s, Milliseconds start, Milliseconds end) {
    const auto shared = std::min(s.end, end) - std::max(s.start, start);
    return 2 * shared > s.end - s.start;
  }

  Error no_segment(std::size_t index) const {
    return invalid(fmt::format("there is no segment {}; the transcript has {}", index, segments_.size()),
                   "load the transcript anew");
  }
  Result<Segment> get(std::size_t index) const {
    if (index >= segments_.size()) return std::unexpected(no_segment(index));
    return segments_[index];
  }
  Result<> check_range(std::size_t first, std::size_t last) const {
    if (last >= segments_.size()) return std::unexpected(no_segment(last));
    if (first > last) return std::unexpected(invalid("the first segment comes after the last"));
    return {};
  }

  static Result<> check_times(std::size_t index, Milliseconds start, Milliseconds end) {
    if (start < Milliseconds(0)) {
      return std::unexpected(invalid(fmt::format("segment {} would begin before the recording", index)));
    }
    if (end > Milliseconds(kMaxMediaMs)) {
      return std::unexpected(invalid(fmt::format("segment {} would end after {} ms", index, kMaxMediaMs)));
    }
    if (end <= start) {
      return std::unexpected(invalid(fmt::format("segment {} would end before it begins", index), "give a later end"));
    }
    return {};
  }

  template <class Moved>
  Result<> retime(std::size_t first, std::size_t last, const Moved& moved) {
    ZIMU_TRY_VOID(check_range(first, last));
    std::vector<Segment> out(segments_.begin() + offset(first), segments_.begin() + offset(last + 1));
    for (Segment& segment : out) {
      segment.start = moved(segment.start);
      segment.end = std::max(moved(segment.end), segment.start + Milliseconds(1));
      for (Word& word : segment.words) {
        word.start = std::clamp(moved(word.start), segment.start, segment.end);
        word.end = std::clamp(moved(word.end), word.start, segment.end);
      }
    }
    return replace(first, last - first + 1, std::move(out));
  }

  /// A text that is read too fast for its time has words that begin after their end.
  static void tidy(Segment& cue) {
    Milliseconds at = cue.start;
    for (Word& word : cue.words) {
      std::replace(word.text.begin(), word.text.end(), '\n', ' ');
      at = word.start = std::max(word.start, at);
      word.end = std::max(word.end, word.start);
      cue.end = std::max(cue.end, word.end);
    }
  }

  /// Cues that were cut without their neighbours end before the one that follows.
  void keep_between(std::vector<Segment>& cues, std::size_t first, std::size_t last, Milliseconds gap) const {
    if (cues.empty()) return;
    if (first > 0 && cues.front().start < segments_[first - 1].start) {
      editing::set_times(cues.front(), segments_[first - 1].start, cues.front().end);
    }
    if (last + 1 >= segments_.size()) return;
    const Milliseconds until = segments_[last + 1].start - gap;
    Segment& cue = cues.back();
    const Milliseconds spoken = cue.words.empty() ? segments_[last].end : cue.words.back().end;
    if (cue.end > until) editing::set_times(cue, cue.start, std::max({std::min(until, cue.end), std::min(spoken, cue.end), cue.start + Milliseconds(1)}));
  }

  Result<> replace(std::size_t at, std::size_t count, std::vector<Segment> with) {
    for (std::size_t i = 0; i < with.size(); ++i) {
      const Segment& s = with[i];
      ZIMU_TRY_VOID(check_times(at + i, s.start, s.end));
      const Segment* before = i > 0 ? &with[i - 1] : at > 0 ? &segments_[at - 1] : nullptr;
      if (before != nullptr && s.start < before->start) {
        return std::unexpected(invalid(fmt::format("segment {} would begin before the one above it", at + i),
                                       "move that one first, or merge the two"));
      }
    }
    if (!with.empty() && at + count < segments_.size() && segments_[at + count].start < with.back().start) {
      return std::unexpected(invalid(fmt::format("segment {} would begin after the one below it", at + with.size() - 1),
                                     "move that one first, or merge the two"));
    }
    Hunk hunk{at, {segments_.begin() + offset(at), segments_.begin() + offset(at + count)}, std::move(with)};
    const bool same = std::equal(hunk.removed.begin(), hunk.removed.end(), hunk.inserted.begin(), hunk.inserted.end(), alike);
    if (same) return {};
    splice(segments_, hunk);
    hunks_.push_back(std::move(hunk));
    return {};
  }

  std::vector<Segment>& segments_;
  std::string_view language_;
  std::vector<Hunk> hunks_;
};

}  // namespace

Result<std::vector<Hunk>> edit(std::vector<Segment>& segments, std::span<const Operation> operations,
                               std::string_view language) {
  if (operations.size() > kMaxOperations) {
    return fail(ErrorCode::kTooLarge, fmt::format("{} operations at once; the most is {}", operations.size(), kMaxOperations));
  }
  std::vector<Segment> edited = segments;
  Editor editor(edited, language);
  for (std::size_t i = 0; i < operations.size(); ++i) {
    auto done = std::visit(editor, operations[i]);
    if (!done) {
      Error error = std::move(done).error();
      if (operations.size() > 1) error.message = fmt::format("operation {}: {}", i, error.message);
      return std::unexpected(std::move(error));
    }
  }
  std::int64_t index = 0;
  for (Segment& segment : edited) segment.index = index++;
  auto hunks = editor.take();
  for (Hunk& hunk : hunks) {
    for (std::size_t i = 0; i < hunk.inserted.size(); ++i) hunk.inserted[i].index = static_cast<std::int64_t>(hunk.at + i);
  }
  segments = std::move(edited);
  return hunks;
}

}  // namespace zimu::domain
