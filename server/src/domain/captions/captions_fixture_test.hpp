#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.hpp"
#include "domain/captions/captions.hpp"
#include "domain/captions/width.hpp"

namespace zimu::domain {

inline Milliseconds ms(std::int64_t value) { return Milliseconds{value}; }

/// One segment of words parted by spaces, `each` milliseconds a word, `pause` after each.
inline Segment spoken(std::string_view text, std::int64_t start, std::int64_t each = 300, std::int64_t pause = 0) {
  Segment out;
  out.start = ms(start);
  out.text = text;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find(' ', at), text.size());
    out.words.push_back({ms(start), ms(start + each), " " + std::string(text.substr(at, end - at)), 0.9F});
    start += each + pause;
    at = end + 1;
  }
  out.end = out.words.back().end;
  return out;
}

inline Transcript recording(std::vector<Segment> segments, std::string language = "en") {
  Transcript out;
  out.language = std::move(language);
  out.segments = std::move(segments);
  return out;
}

inline CaptionRules rules_of(const std::string& preset, std::string_view language = "en") {
  CaptionChoice choice;
  choice.preset = preset;
  return caption_rules(choice, language).value();
}

inline std::string solid(const Transcript& transcript) {
  std::string out;
  for (const Segment& segment : transcript.segments) {
    std::string_view text = segment.text;
    while (!text.empty()) {
      const Utf8Step step = next_codepoint(text);
      if (!captions::is_blank(step.codepoint)) out += text.substr(0, step.length);
      text.remove_prefix(step.length);
    }
  }
  return out;
}

inline std::vector<std::string> lines_of(const Transcript& cues) {
  std::vector<std::string> out;
  for (const Segment& cue : cues.segments) {
    std::size_t at = 0;
    while (at <= cue.text.size()) {
      const auto end = std::min(cue.text.find('\n', at), cue.text.size());
      out.push_back(cue.text.substr(at, end - at));
      at = end + 1;
    }
  }
  return out;
}

}  // namespace zimu::domain
