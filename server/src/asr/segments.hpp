#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "asr/loudness.hpp"
#include "asr/sampler.hpp"
#include "asr/vocabulary.hpp"
#include "base/time.hpp"

namespace zimu::asr {

/// A segment as a range of a decoding's tokens; times within the window.
struct Slice {
  Milliseconds start{0};
  Milliseconds end{0};
  std::size_t first = 0;  ///< [first, last) of Decoding::tokens
  std::size_t last = 0;
};

struct Split {
  std::vector<Slice> slices;
  Milliseconds spoken_to{0};  ///< the last timestamp: everything before it is written down
  bool unfinished = false;    ///< text after the last timestamp was left out: it wants another window
};

/// Cuts a decoding at its timestamps (openai/whisper transcribe.py). Times past `audio_length` are clamped,
/// slices that start there are left out.
Split split_at_timestamps(const Decoding& decoding, const SpecialTokens& special, Milliseconds audio_length);

/// A window advances by this much at least, or by all of it: a job always ends.
constexpr Milliseconds kSmallestStep{1000};
/// More audio than this after the last word, with something to hear in it, is decoded again.
constexpr Milliseconds kWorthAnotherWindow{1000};
constexpr Milliseconds kLeastAudible{300};

/// How much of the window is finished with.
Milliseconds choose_consumed(const Split& split, const Loudness& loudness, Milliseconds audio_length);

/// Text that sound without speech becomes: far less than people say in `heard` (audible time), and either unsure
/// ("Thank you." for a tune), or never anything but the same ("la" as every segment of a minute of music).
bool says_next_to_nothing(const Decoding& kept, const Vocabulary& vocabulary, Milliseconds heard);

/// Without white space at both ends.
std::string_view trim(std::string_view text) noexcept;

/// Cuts a looping decoding after the loop's first round. True when there was one. Where the text compresses
/// suspiciously well, fewer rounds make a loop.
bool cut_loop(Decoding& decoding, const Vocabulary& vocabulary);

}  // namespace zimu::asr
