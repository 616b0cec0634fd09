#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "domain/captions/rules.hpp"
#include "domain/transcript.hpp"

namespace zimu::domain {

/// The transcript cut anew into cues that keep the rules: each segment of the answer is a cue, its lines parted by '\n',
/// its words (where the segments had some) those of the cue, a word that begins a line with '\n' before it.
/// The text is the transcript's, blanks aside, in the same order; cues never overlap and end after they start; a cue
/// never starts before its first word, and one speaker has it alone. Where no legal cut keeps every rule, the cut that
/// breaks the fewest; which, `check_captions` says.
Transcript make_captions(const Transcript& transcript, const CaptionRules& rules);

/// The language of the text: a translation is English, whatever was spoken. Empty when it is not known.
std::string_view shown_language(const Transcript& transcript) noexcept;

/// One rule that a cue breaks.
struct CaptionViolation {
  std::size_t cue = 0;    ///< 0-based, into the segments that were checked
  std::string_view rule;  ///< one of caption_rule_names()
  double value = 0;       ///< characters, lines, characters a second, or milliseconds
  double limit = 0;
};

/// line_length, line_count, reading_speed, shortest, longest, gap, overlap.
const std::vector<std::string_view>& caption_rule_names();
/// Whatever cues these are, ordered by start: made here, or the model's own segments. Text is one line where it has no '\n'.
std::vector<CaptionViolation> check_captions(const Transcript& cues, const CaptionRules& rules);

/// The columns of "Anna: " before the first line, where formats show it; 0 without a speaker.
int label_columns(std::string_view speaker, const CaptionRules& rules);

}  // namespace zimu::domain
