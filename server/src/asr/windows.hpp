#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "asr/speech_ranges.hpp"
#include "base/time.hpp"

/// Which parts of a recording are transcribed together. Pure: all is decided from where a window starts and what follows
/// there, never from history, so that a job that goes on after a crash makes the windows of the undisturbed one.
namespace zimu::asr {

/// A stretch of the recording, in samples at 16 kHz.
struct Piece {
  std::uint64_t start = 0;
  std::uint64_t length = 0;
  std::uint64_t end() const { return start + length; }
  bool operator==(const Piece&) const = default;
};

/// What the engine hears in one go.
struct PackedWindow {
  std::uint64_t start = 0;      ///< the span of the recording that it answers for; spans follow each other without a gap
  std::uint64_t end = 0;
  std::vector<Piece> pieces;    ///< joined they are what the engine gets; none: nothing to hear
  bool silence = false;
  std::vector<Piece> left_out;  ///< audible, but not speech: sound that gets no text

  std::uint64_t length() const;  ///< of the pieces together
  bool operator==(const PackedWindow&) const = default;
};

struct Packing {
  Milliseconds longest{29'000};       ///< of the pieces together; the engine takes 30 s, the rest is its margin
  Milliseconds longest_skip{2'500};   ///< of a pause inside a window this much is cut out at most; a longer one ends it
  Milliseconds hard_pause{3'000};     ///< ends a window that holds `enough`
  Milliseconds enough{20'000};
};

/// What a window is decided from, unless the recording ends before.
constexpr std::size_t kLookFrames = frames_in_ms(60'000);

/// The window that starts at sample `start`, which lies in the first of `frames`: more than kLookFrames of them, or all up
/// to `end`, where the recording ends.
///  - Silence before speech is a window of its own, unless it is short.
///  - Pauses are shortened to a little silence on both sides; a long one ends the window.
///  - What does not fit goes to the next window: from the last pause, or else from where it is quietest.
PackedWindow pack(std::span<const SoundFrame> frames, std::uint64_t start, std::optional<std::uint64_t> end,
                  const Packing& packing = {});

/// Which side of a cut a time belongs to that lies on it.
enum class AtCut { kBefore, kAfter };
/// From a time in the joined pieces to one in the recording. Never goes back, and never gives one that was cut out.
Milliseconds to_recording(const PackedWindow& window, Milliseconds in_window, AtCut at_cut = AtCut::kAfter);

/// The pieces joined. `audio` starts at sample `from` of the recording and holds them all.
std::vector<float> join_pieces(const PackedWindow& window, std::span<const float> audio, std::uint64_t from);

}  // namespace zimu::asr
