#pragma once
#include <vector>

#include "domain/import/cue_text.hpp"

/// Private to domain/.
namespace zimu::domain::import {

/// Word times out of inline times: each piece from its time to the next one's, shared among its words by their length.
/// Empty where there are none, or where they do not give the cue's text.
std::vector<Word> words_of(const CueText& cue, Milliseconds start, Milliseconds end);

}  // namespace zimu::domain::import
