#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/time.hpp"

/// Where to cut a recording into windows. Pure; everything is decided from the samples given, never from history, so
/// that a job that goes on after a crash cuts where the undisturbed one did.
namespace zimu::worker {

constexpr int kSampleRateHz = 16000;
constexpr std::size_t kSamplesPerMs = 16;
constexpr std::size_t kMaxWindowSamples = 29 * kSampleRateHz;  ///< the engine takes 30 s; the rest is its margin
/// What `next_cut` must see unless the recording ends before.
constexpr std::size_t kLookSamples = 30 * kSampleRateHz;

struct Cut {
  std::size_t length = 0;  ///< samples; whole milliseconds unless the recording ends here
  bool silence = false;    ///< nothing audible in it: not decoded
};

/// The next window at the start of `samples` (not empty). `at_end`: nothing follows them.
///  - Leading silence is a window of its own, so that the times after it are right and nothing is made up in it.
///  - A long silence ends a window early.
///  - Else the window ends at the quietest place between kEarliestCutSeconds and its greatest length.
Cut next_cut(std::span<const float> samples, bool at_end);

/// Milliseconds of the span that are audible, and of those, how many lie in the given (sorted) stretches.
struct Audible {
  Milliseconds total{0};
  Milliseconds covered{0};
};
Audible audible(std::span<const float> samples, std::span<const std::pair<Milliseconds, Milliseconds>> stretches);

}  // namespace zimu::worker
