#pragma once
#include <string_view>

namespace zimu::domain::captions {

/// How wide text is on the screen (UAX #11), and where scripts without spaces may be broken. Pure; thread: any.

/// 0 for marks that stand on the letter before, 2 for full-width characters, else 1. The quotes, dashes and dots that
/// Chinese shares with Latin are as wide as `ambiguous_wide` says.
int columns_of(char32_t c, bool ambiguous_wide) noexcept;
int columns_of(std::string_view text, bool ambiguous_wide) noexcept;

/// Han, kana, full-width signs, Thai, Lao, Khmer, Burmese: words are not kept apart by spaces. Not Hangul.
bool spaceless(char32_t c) noexcept;
/// Han and kana and their punctuation: a line may be broken between any two, but for kinsoku.
bool ideographic(char32_t c) noexcept;
bool never_begins_line(char32_t c) noexcept;  ///< kinsoku: 。，、！？」ー small kana …
bool never_ends_line(char32_t c) noexcept;    ///< kinsoku: 「（《 …
bool is_blank(char32_t c) noexcept;           ///< space, U+3000 and the like; not the no-break ones

/// Characters to read: blanks count one, unless they stand beside a script that has none (a line end in Chinese).
int reading_columns(std::string_view text, bool ambiguous_wide) noexcept;

}  // namespace zimu::domain::captions
