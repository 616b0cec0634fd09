#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "domain/captions/layout.hpp"

namespace zimu::domain::captions {

struct TimedCue {
  std::size_t begin = 0;  ///< first token
  std::size_t end = 0;    ///< after the last
  Milliseconds start{0};
  Milliseconds stop{0};
  Layout layout;
};

/// The cheapest way to cut all tokens into cues, by dynamic programming: first no rule broken, then ends at sentences and
/// clauses, then few and even cues. Time of a cue depends on itself and on where the next begins alone, so the search is
/// exact. `recording`: how long it is, 0 when unknown.
std::vector<TimedCue> cut(const std::vector<Token>& tokens, const CaptionRules& rules, std::string_view language,
                          Milliseconds recording);

}  // namespace zimu::domain::captions
