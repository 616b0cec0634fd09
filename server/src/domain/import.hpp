#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/transcript.hpp"

namespace zimu::domain {

/// Subtitle files as people have them: written by many programs, edited by hand. Pure; thread: any.
enum class SubtitleFormat : std::uint8_t { kSrt, kVtt };

inline constexpr std::size_t kMaxImportBytes = 16U << 20U;
inline constexpr std::size_t kMaxImportCues = 100'000;
inline constexpr std::size_t kMaxCueBytes = 16U << 10U;  ///< text of one cue
inline constexpr int kMaxImportHours = 999;
/// A cue that does not end after it starts lasts until the next one, at most so long.
inline constexpr Milliseconds kUnendedCue{2000};

/// kInvalidArgument naming the formats.
Result<SubtitleFormat> subtitle_format_from_name(std::string_view name);

/// The cues as segments, ordered by start, start < end, text without markup. A file that begins with "WEBVTT" is WebVTT,
/// whatever `expected` says; without either the format is SRT.
///
/// Read is: UTF-8 with or without mark, UTF-16 with mark or of mostly ASCII, GB18030 where the text is Chinese; any line
/// ends; numbers missing, doubled or out of order; `,` or `.`; hours left out; 1 to 9 decimals; cues unsorted or
/// overlapping (kept). Left out are: tags that the formats know, positions, NOTE, STYLE and REGION blocks, empty cues.
/// From WebVTT come also the speaker (<v Anna>) and word times (<00:00:01.000>).
/// Errors are kBadMedia with the line's number, kTooLarge naming the limit.
Result<std::vector<Segment>> import_subtitles(std::string_view bytes, std::optional<SubtitleFormat> expected);

}  // namespace zimu::domain
