#pragma once
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/transcript.hpp"

/// Transcribing a part of a recording again. Pure.
namespace zimu::domain {

/// The part from `start` to `end`, and the transcript whose text there may be replaced: the draft's parent.
struct JobSpan {
  std::string transcript_id;
  Milliseconds start{0};
  Milliseconds end{0};
};

/// Shorter ones hold no word.
constexpr Milliseconds kMinSpan{200};

/// kInvalidArgument naming the field and what it may be. `duration`: of the recording, 0 when unknown.
Result<> validate(const JobSpan& span, Milliseconds duration);

/// Moves the times of segments, words, gaps and what was left out into the span. Text and order stay; start <= end still holds.
void clip(Window& window, const JobSpan& span);

}  // namespace zimu::domain
