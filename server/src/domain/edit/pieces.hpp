#pragma once
#include "base/result.hpp"
#include "domain/transcript.hpp"

/// Segments made from segments, for operations.cpp.
namespace zimu::domain::editing {

/// Words that lie outside are moved or shortened; a segment that was moved away altogether takes its words along.
void set_times(Segment& segment, Milliseconds start, Milliseconds end);
/// Words at either end that take no time, because somebody wrote them where there was none left, share the room between
/// the spoken ones and the segment's end, where there is some now.
void share_room(Segment& segment);
/// kInvalidArgument unless both parts have text. The second begins with its first word; a cut within a word shares its time.
Result<std::pair<Segment, Segment>> split(const Segment& segment, std::size_t offset);
/// One text; a blank between, unless a script without blanks meets there.
Segment merge(const Segment& first, const Segment& second);
/// Trimmed; kInvalidArgument for nothing, too much, or control characters other than a line feed.
Result<std::string> checked_text(const std::string& text);
Result<std::string> checked_speaker(const std::string& speaker);

}  // namespace zimu::domain::editing
