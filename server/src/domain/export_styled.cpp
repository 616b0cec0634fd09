// LRC (with enhanced A2 word marks) and ASS (v4.00+, the field order that libass expects).
#include <algorithm>

#include <fmt/format.h>

#include "domain/export_parts.hpp"

namespace zimu::domain::detail {
namespace {

/// Rounded to hundredths, carrying: 59.996 s is 01:00.00. Minutes grow past 99.
std::string lrc_clock(Milliseconds time) {
  const auto centis = (std::max(time, Milliseconds{0}).count() + 5) / 10;
  return fmt::format("{:02}:{:02}.{:02}", centis / 6000, centis / 100 % 60, centis % 100);
}

std::string lrc_text(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '[' ? '(' : c == ']' ? ')' : c;
  return out;
}

std::string ass_clock(Milliseconds time) {
  const auto centis = (time.count() + 5) / 10;
  return fmt::format("{}:{:02}:{:02}.{:02}", centis / 360000, centis / 6000 % 60, centis / 100 % 60, centis % 100);
}

/// { } start override tags and \N breaks lines: full-width braces and a word joiner keep the text literal in every
/// renderer (VSFilter knows no \{).
std::string ass_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '{') {
      out += "\xEF\xBD\x9B";
    } else if (c == '}') {
      out += "\xEF\xBD\x9D";
    } else if (c == '\\') {
      out += "\\\xE2\x81\xA0";
    } else {
      out += c;
    }
  }
  return out;
}

/// {\k<cs>} before each word; the running sum is rounded, not each word, so that it never drifts.
std::string ass_karaoke(const Cue& cue, const ExportOptions& options) {
  std::string out;
  const auto centis_at = [&cue](Milliseconds time) { return (std::max(time, cue.start) - cue.start).count() / 10; };
  const auto& words = cue.segment->words;
  std::int64_t done = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto until = std::max(done, centis_at(i + 1 < words.size() ? words[i + 1].start : cue.end));
    std::string_view text = words[i].text;
    const bool new_line = begins_line(words[i], options);
    if (new_line || (i == 0 && text.starts_with(' '))) text.remove_prefix(1);
    if (new_line) out += "\\N";
    out += fmt::format("{{\\k{}}}{}", until - done, ass_text(word_text(text)));
    done = until;
  }
  return out;
}

std::string ass_field(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == ',' ? ';' : c;
  return out;
}

}  // namespace

std::string write_lrc(const Transcript& transcript, const ExportOptions& options) {
  constexpr Milliseconds kGapWorthALine{1000};
  std::string out = fmt::format("[ti:{}]\n[re:Zimu]\n[length:{}]\n", lrc_text(one_line(transcript.title)),
                                lrc_clock(transcript.duration));
  const auto cues = make_cues(transcript);
  for (std::size_t i = 0; i < cues.size(); ++i) {
    const Cue& cue = cues[i];
    out += fmt::format("[{}]", lrc_clock(cue.start));
    if (options.word_times && !cue.segment->words.empty()) {
      for (const Word& word : cue.segment->words) {
        out += fmt::format("<{}>{}", lrc_clock(word.start), lrc_text(word_text(word.text)));
      }
      out += fmt::format("<{}>\n", lrc_clock(cue.segment->words.back().end));
    } else {
      out += lrc_text(on_one_line(cue.lines)) + '\n';
    }
    // LRC knows no end times: an empty line clears the screen where a pause follows.
    if (i + 1 == cues.size() || cues[i + 1].start - cue.end >= kGapWorthALine) {
      out += fmt::format("[{}]\n", lrc_clock(cue.end));
    }
  }
  return out;
}

std::string write_ass(const Transcript& transcript, const ExportOptions& options, const AssLook& look) {
  std::string out = fmt::format(
      "[Script Info]\n; Written by Zimu\nTitle: {}\nScriptType: v4.00+\nPlayResX: {}\nPlayResY: {}\n"
      "LayoutResX: {}\nLayoutResY: {}\nWrapStyle: 0\nScaledBorderAndShadow: yes\nYCbCr Matrix: TV.709\n\n"
      "[V4+ Styles]\n"
      "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, "
      "Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, "
      "MarginV, Encoding\n"
      "Style: Default,{}\n"
      "\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n",
      one_line(transcript.title), look.width, look.height, look.width, look.height, look.style);
  for (const Cue& cue : make_cues(transcript)) {
    std::vector<std::string> lines;
    for (const std::string& line : cue.lines) lines.push_back(ass_text(line));
    const bool karaoke = options.word_times && !cue.segment->words.empty();
    out += fmt::format("Dialogue: 0,{},{},Default,{},0,0,0,,{}\n", ass_clock(cue.start), ass_clock(cue.end),
                       ass_field(cue.speaker), karaoke ? ass_karaoke(cue, options) : joined(lines, "\\N"));
  }
  return out;
}

}  // namespace zimu::domain::detail
