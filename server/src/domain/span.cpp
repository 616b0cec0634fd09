#include "domain/span.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace zimu::domain {

Result<> validate(const JobSpan& span, Milliseconds duration) {
  if (span.start.count() < 0) return fail(ErrorCode::kInvalidArgument, "span.start_ms must be 0 or more");
  if (span.end - span.start < kMinSpan) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the span is {} ms long: span.end_ms must be at least {} ms after span.start_ms",
                            (span.end - span.start).count(), kMinSpan.count()),
                "choose a longer part");
  }
  if (duration.count() > 0 && span.end > duration) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("span.end_ms is {}, but the recording ends at {} ms", span.end.count(), duration.count()),
                "choose a part of the recording");
  }
  return {};
}

void clip(Window& window, const JobSpan& span) {
  const auto into = [&span](Milliseconds& time) { time = std::clamp(time, span.start, span.end); };
  for (Segment& segment : window.segments) {
    into(segment.start);
    into(segment.end);
    for (Word& word : segment.words) {
      into(word.start);
      into(word.end);
    }
  }
  if (!window.coverage) return;
  for (Coverage::Gap& gap : window.coverage->gaps) {
    into(gap.start);
    into(gap.end);
  }
  for (LeftOut& text : window.coverage->left_out) {
    into(text.start);
    into(text.end);
  }
}

}  // namespace zimu::domain
