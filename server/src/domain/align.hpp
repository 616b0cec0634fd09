#pragma once
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/transcript.hpp"

namespace zimu::domain {

inline constexpr std::size_t kMaxAlignBytes = 4U << 20U;
inline constexpr std::size_t kMaxAlignTokens = 200'000;  ///< words, or characters of scripts without spaces

/// A text that somebody wrote laid on the times of what was recognised: words (characters in Chinese and the like) are
/// matched as far as they are the same but for case, width and punctuation; those between take the time between.
/// Segments are the text's sentences, long ones parted at pauses and clauses; all of the text is kept, in order, with each
/// line's inner blanks. `timed` in order; segments without words share their time among their text. Pure; thread: any.
/// kBadMedia: the text is empty or has no character of UTF-8, UTF-16 or GB18030; or nothing was recognised.
/// kTooLarge naming the limit.
Result<std::vector<Segment>> align_text(std::string_view bytes, const std::vector<Segment>& timed);

}  // namespace zimu::domain
