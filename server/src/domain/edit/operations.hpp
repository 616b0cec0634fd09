#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "domain/captions/rules.hpp"
#include "domain/edit/hunk.hpp"

/// What a person does to a transcript, one small thing each. Pure; thread: any.
namespace zimu::domain {

inline constexpr std::size_t kMaxSegmentBytes = 16384;      ///< of a text
inline constexpr std::size_t kMaxSpeakerBytes = 200;
inline constexpr std::size_t kMaxOperations = 20'000;       ///< in one revision
inline constexpr std::size_t kMaxTextSegments = 200'000;    ///< of a transcript

/// `index` is the place of a segment; those of later operations count after the earlier ones.
struct SetText { std::size_t index; std::string text; };          ///< words keep their times where they stay
struct SetTimes { std::size_t index; Milliseconds start, end; };   ///< words are kept within
struct SetSpeaker { std::size_t index; std::string speaker; };     ///< empty: nobody
struct RenameSpeaker { std::string from, to; };                     ///< in every segment
struct SplitSegment { std::size_t index; std::size_t offset; };     ///< before this code point of the text
struct MergeSegments { std::size_t index; };                        ///< with the next one
struct InsertSegment { std::size_t index; Milliseconds start, end; std::string text, speaker; };  ///< becomes `index`
struct DeleteSegment { std::size_t index; };
struct ShiftTimes { Milliseconds by; std::size_t first, last; };    ///< last: kLast for the end
struct StretchTimes { Milliseconds from_a, to_a, from_b, to_b; };   ///< the line through two points, for all times
struct FitSegments { std::size_t first, last; CaptionChoice rules; };  ///< cut anew by the rules (make_captions)
struct TakeSegments { Milliseconds start, end; std::vector<Segment> segments; };  ///< in place of what is mostly in the span

inline constexpr std::size_t kLast = static_cast<std::size_t>(-1);

using Operation = std::variant<SetText, SetTimes, SetSpeaker, RenameSpeaker, SplitSegment, MergeSegments, InsertSegment,
                               DeleteSegment, ShiftTimes, StretchTimes, FitSegments, TakeSegments>;

/// Does all of them to `segments`, or none. Afterwards, as before: 0 <= start < end of each segment that was touched, starts
/// in order, words in order and within their segment, `index` the place. `language`: of the text, for FitSegments.
/// kInvalidArgument says which operation cannot be done and why. The hunks are what they did; none: nothing changed.
Result<std::vector<Hunk>> edit(std::vector<Segment>& segments, std::span<const Operation> operations,
                               std::string_view language);

}  // namespace zimu::domain
