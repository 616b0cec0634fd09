#pragma once
#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace zimu::media {

constexpr int kPosterWidth = 640;    ///< at most, in pixels; smaller pictures stay as they are
constexpr int kPosterHeight = 1280;  ///< at most, for tall ones
constexpr int kPosterSeconds = 10;   ///< the best picture found by then is taken

/// A picture that stands for a recording, as a JPEG: a frame of its film that is neither black nor of one colour, taken
/// at a tenth of it or at the next place that has one; or the cover of an audio file. Upright and in the shape in which
/// players show it. nullopt: it has no picture that shows anything, or none that can be decoded; only kCancelled and what keeps the file
/// from being read are errors. `tick` (may be empty) is called often.
Result<std::optional<std::string>> make_poster(const std::string& path, const std::atomic<bool>* cancel,
                                               const std::function<void()>& tick);

}  // namespace zimu::media
