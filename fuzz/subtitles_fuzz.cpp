// LINK: zimu_domain
// Subtitle files: whatever comes in, cues that come out are in order, in UTF-8, within the limits, and export again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "base/utf8.hpp"
#include "domain/align.hpp"
#include "domain/export.hpp"
#include "domain/import.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const auto format : {zimu::domain::SubtitleFormat::kSrt, zimu::domain::SubtitleFormat::kVtt}) {
    const auto segments = zimu::domain::import_subtitles(bytes, format);
    if (!segments) {
      ZIMU_CHECK(!segments.error().message.empty() && zimu::is_utf8(segments.error().message));
      continue;
    }
    zimu::domain::Transcript transcript;
    transcript.segments = *segments;
    zimu::Milliseconds last{0};
    for (const auto& segment : *segments) {
      ZIMU_CHECK(segment.start >= last && segment.end > segment.start);
      ZIMU_CHECK(zimu::is_utf8(segment.text) && !segment.text.empty() && zimu::is_utf8(segment.speaker));
      for (const auto& word : segment.words) {
        ZIMU_CHECK(word.start >= segment.start && word.end >= word.start && word.end <= segment.end);
      }
      last = segment.start;
    }
    for (const auto name : {"srt", "vtt"}) ZIMU_CHECK(zimu::domain::export_transcript(transcript, name).has_value());
    // The same bytes as a plain text on those times.
    const auto aligned = zimu::domain::align_text(bytes, *segments);
    if (!aligned) continue;
    last = zimu::Milliseconds{0};
    for (const auto& segment : *aligned) {
      ZIMU_CHECK(segment.start >= last && segment.end > segment.start && zimu::is_utf8(segment.text));
      last = segment.end;
    }
  }
  return 0;
}
