#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace zimu::domain {

/// What a subtitle track has to keep to. Pure; thread: any.
///
/// Lengths are in characters. With `wide`, a character is a full-width one (漢, あ, 한) and a narrow one is half; without,
/// a character is a narrow one and a full-width one counts twice.
struct CaptionRules {
  std::string preset = "custom";
  int line_chars = 42;            ///< most in a line
  int lines = 2;                  ///< most in a cue
  int cps = 20;                   ///< most characters a second, spaces counted
  Milliseconds shortest{833};     ///< of a cue
  Milliseconds longest{7000};     ///< of a cue
  Milliseconds gap{83};           ///< least between two cues
  Milliseconds chain{500};        ///< a smaller silence than this is closed down to `gap`
  Milliseconds linger{500};       ///< at most so long after the last word, for the reading speed
  bool wide = false;

  /// In columns of a terminal: a narrow character is 1, a full-width one 2.
  int line_columns() const { return wide ? 2 * line_chars : line_chars; }
  int columns_per_second() const { return wide ? 2 * cps : cps; }
};

/// The bounds of what people may choose.
inline constexpr int kLeastLineChars = 8, kMostLineChars = 100;
inline constexpr int kLeastLines = 1, kMostLines = 3;
inline constexpr int kLeastCps = 1, kMostCps = 60;
inline constexpr int kLeastCueMs = 100, kMostCueMs = 30000;
inline constexpr int kLeastGapMs = 0, kMostGapMs = 2000;

/// What people choose: a preset, and values that replace those of the preset. With values alone the preset is `custom`,
/// whose other values are those of `netflix`.
struct CaptionChoice {
  std::optional<std::string> preset;
  std::optional<int> line_chars, lines, cps, shortest_ms, longest_ms, gap_ms;
  bool any() const { return preset || line_chars || lines || cps || shortest_ms || longest_ms || gap_ms; }
};

/// netflix, bbc, youtube, zh, custom — in that order.
const std::vector<std::string_view>& caption_presets();
/// The choice without the recording's language; kInvalidArgument names the value and its bounds.
Result<> check_caption_choice(const CaptionChoice& choice);
/// Presets depend on the language ("en", "zh"; may be empty): characters a line and a second.
Result<CaptionRules> caption_rules(const CaptionChoice& choice, std::string_view language);

}  // namespace zimu::domain
