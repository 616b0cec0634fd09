#pragma once
#include <span>
#include <utility>

#include "base/time.hpp"
#include "domain/transcript.hpp"

namespace zimu::worker {

/// A stretch of a recording, [first, second).
using Stretch = std::pair<Milliseconds, Milliseconds>;

/// Sound without text for this long and more is a gap.
constexpr Milliseconds kLeastGap{1000};
/// A breath before a sentence and the echo after it belong to it.
constexpr Milliseconds kReach{250};

/// How much of what can be heard has text. `samples`: 16 kHz, the first at `start`. `texts`: sorted, in the same time as
/// `start` and the gaps.
domain::Coverage measure_coverage(std::span<const float> samples, Milliseconds start, std::span<const Stretch> texts);

}  // namespace zimu::worker
