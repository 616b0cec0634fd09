#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "domain/captions/rules.hpp"
#include "domain/transcript.hpp"

namespace zimu::domain::captions {

/// A piece of text that is never broken: a word with the signs on it, or one Han character with what kinsoku ties to it.
struct Token {
  std::string lead;      ///< the blanks before it in the transcript, as they were; not shown where a line begins
  std::string text;
  Milliseconds start{0}; ///< at least 1 ms after the start of the token before
  Milliseconds end{0};   ///< >= start, and not after the start of the next
  float probability = 0;
  const Segment* segment = nullptr;
  int columns = 0;       ///< of `text`
  int lead_columns = 0;
  int reading = 0;       ///< reading columns of the text
  int lead_reading = 0;  ///< reading columns of the blanks, wherever they stand
  bool mid_word = false; ///< a spoken word goes on from the token before
};

/// All text of the transcript in order of time, with the times of its words; where somebody edited the text, the new part is
/// spread over the words that it replaced; without words, the text is spread evenly over its segment.
std::vector<Token> tokens_of(const Transcript& transcript, const CaptionRules& rules);

}  // namespace zimu::domain::captions
