#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/transcript.hpp"

/// Private to domain/.
namespace zimu::domain::import {

/// A moment in a cue's times: "01:02:03,004", "02:03.4", hours and decimals left out. Takes it from the front of `text`.
/// A negative one is 0. nullopt: it is none, or past kMaxImportHours.
std::optional<Milliseconds> take_time(std::string_view& text);

/// What stands between two inline times of WebVTT.
struct Piece {
  std::optional<Milliseconds> from;  ///< none: the cue's start
  std::string text;
};
struct CueText {
  std::string text;     ///< lines parted by '\n', without markup
  std::string speaker;
  std::vector<Piece> pieces;  ///< the text once more; one piece where there are no inline times
};
CueText read_srt_text(std::string_view raw);
CueText read_vtt_text(std::string_view raw);

}  // namespace zimu::domain::import
