#pragma once
#include <string_view>
#include <vector>

#include "domain/transcript.hpp"

namespace zimu::domain {

/// The words of `text`, which somebody wrote in place of `segment.text`: a word that is still there keeps its times and its
/// probability; a new one gets a share of the time of those that it replaced, by its length, and probability 1. A segment
/// without words keeps none. Words are in order and within the segment. Pure; thread: any.
std::vector<Word> retime_words(const Segment& segment, std::string_view text);

/// The words of a text of which only the whole time is known.
std::vector<Word> spread_words(Milliseconds start, Milliseconds end, std::string_view text);

}  // namespace zimu::domain
