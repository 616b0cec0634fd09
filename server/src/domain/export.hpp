#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/captions/rules.hpp"
#include "domain/transcript.hpp"

namespace zimu::domain {

/// One export format. Thread: any; all of this is pure.
struct ExportFormat {
  std::string_view name;          ///< "srt": what users type
  std::string_view extension;     ///< "srt"
  std::string_view content_type;  ///< with charset
};

/// srt, vtt, txt, json, tsv, csv, lrc, ass, sbv, ttml, md — in that order.
const std::vector<ExportFormat>& export_formats();
/// kUnsupported naming the formats there are.
Result<ExportFormat> find_export_format(std::string_view name);

struct ExportOptions {
  bool word_times = false;  ///< JSON words, WebVTT and LRC and ASS karaoke marks where words are there
  /// Cut the text anew into cues that keep these; without them the cues are the transcript's segments.
  std::optional<CaptionRules> rules = std::nullopt;
};

/// The whole file as UTF-8 text. Sorted by start; end > start in every cue; nothing of the text is lost.
Result<std::string> export_transcript(const Transcript& transcript, std::string_view format,
                                      const ExportOptions& options = {});

}  // namespace zimu::domain
