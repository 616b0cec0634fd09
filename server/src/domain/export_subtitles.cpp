// SubRip, WebVTT (W3C webvtt1) and SBV (YouTube).
#include <fmt/format.h>

#include "domain/export_parts.hpp"

namespace zimu::domain::detail {
namespace {

/// "-->" inside a cue's text would end it in some readers; U+200B between keeps what one sees.
std::string without_arrow(std::string text) {
  for (auto at = text.find("-->"); at != std::string::npos; at = text.find("-->", at)) {
    text.replace(at, 3, "--\xE2\x80\x8B>");
  }
  return text;
}

std::string vtt_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

/// A voice tag's annotation may not hold & or > (webvtt §4.2.2).
std::string vtt_voice(std::string_view speaker) {
  std::string out;
  for (const char c : speaker) out += (c == '&' || c == '>' || c == '<') ? ' ' : c;
  return out;
}

/// Words with inline timestamps: strictly growing, inside the cue, none before the first word.
std::string vtt_karaoke(const Cue& cue, const ExportOptions& options) {
  std::string out;
  Milliseconds last = cue.start;
  for (const Word& word : cue.segment->words) {
    const bool new_line = begins_line(word, options);
    if (new_line) out += '\n';
    if (!out.empty() && word.start > last && word.start < cue.end) {
      out += fmt::format("<{}>", clock_ms(word.start, '.'));
      last = word.start;
    }
    out += vtt_escape(word_text(std::string_view(word.text).substr(new_line ? 1 : 0)));
  }
  const auto first = out.find_first_not_of(' ');
  return first == std::string::npos ? out : out.substr(first);
}

}  // namespace

std::string write_srt(const Transcript& transcript) {
  std::string out;
  int number = 0;
  for (const Cue& cue : make_cues(transcript)) {
    const std::string who = cue.speaker.empty() ? "" : cue.speaker + ": ";
    out += fmt::format("{}\n{} --> {}\n{}\n\n", ++number, clock_ms(cue.start, ','), clock_ms(cue.end, ','),
                       without_arrow(who + joined(cue.lines, "\n")));
  }
  return out;
}

std::string write_vtt(const Transcript& transcript, const ExportOptions& options) {
  std::string out = "WEBVTT\n\n";
  for (const Cue& cue : make_cues(transcript)) {
    const bool karaoke = options.word_times && !cue.segment->words.empty();
    const std::string voice = cue.speaker.empty() ? "" : fmt::format("<v {}>", vtt_voice(cue.speaker));
    out += fmt::format("{} --> {}\n{}{}\n\n", clock_ms(cue.start, '.'), clock_ms(cue.end, '.'), voice,
                       karaoke ? vtt_karaoke(cue, options) : vtt_escape(joined(cue.lines, "\n")));
  }
  return out;
}

// No header, no numbers; times are 0:00:01.000,0:00:02.500. There is no escape: a text line is taken as it is.
std::string write_sbv(const Transcript& transcript) {
  const auto clock = [](Milliseconds time) {
    const auto ms = time.count();
    return fmt::format("{}:{:02}:{:02}.{:03}", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
  };
  std::string out;
  for (const Cue& cue : make_cues(transcript)) {
    const std::string who = cue.speaker.empty() ? "" : cue.speaker + ": ";
    out += fmt::format("{},{}\n{}\n\n", clock(cue.start), clock(cue.end), who + joined(cue.lines, "\n"));
  }
  return out;
}

}  // namespace zimu::domain::detail
