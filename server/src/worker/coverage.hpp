#pragma once
#include <span>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace zimu::worker {

/// A stretch of a recording, [first, second).
using Stretch = std::pair<Milliseconds, Milliseconds>;

/// How much of what can be heard has text.
struct Coverage {
  Milliseconds audible{0};
  Milliseconds covered{0};    ///< of it, what lies in segments or within kReach of one
  std::vector<Stretch> gaps;  ///< audible for kLeastGap and more, and no text
};

constexpr Milliseconds kLeastGap{1000};
/// A breath before a sentence and the echo after it belong to it.
constexpr Milliseconds kReach{250};

/// `samples`: 16 kHz. `texts`: in their time, sorted.
Coverage measure_coverage(std::span<const float> samples, std::span<const Stretch> texts);

}  // namespace zimu::worker
