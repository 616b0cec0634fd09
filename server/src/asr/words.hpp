#pragma once
#include <string>
#include <string_view>
#include <string_view>
#include <vector>

#include "asr/loudness.hpp"
#include "base/time.hpp"
#include "domain/transcript.hpp"

namespace zimu::asr {

/// A token of a segment with its place in the window.
struct TimedPiece {
  std::string bytes;  ///< not always whole characters
  Milliseconds start{0};
  Milliseconds end{0};
  float probability = 0;
};

/// Groups pieces into words: a word begins at a space, each Chinese or Japanese character is one, scripts
/// without spaces break between tokens; punctuation belongs to the word before it, opening brackets and quotes
/// to the word after. The joined texts of the words are the trimmed text of the pieces but for one leading space.
std::vector<domain::Word> group_words(const std::vector<TimedPiece>& pieces);

/// Makes the times sensible: inside [start, end], never going back, and without the silence around a word that
/// alignment cannot see (it gives a pause to one of the words beside it).
void fit_words(std::vector<domain::Word>& words, Milliseconds start, Milliseconds end, const Loudness& loudness);

/// Something besides punctuation and spaces.
bool holds_word(std::string_view text);

/// Times for pieces nobody aligned: by their share of the segment's characters.
void spread_evenly(std::vector<TimedPiece>& pieces, Milliseconds start, Milliseconds end);

}  // namespace zimu::asr
