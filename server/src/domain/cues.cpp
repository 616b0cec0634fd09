#include <algorithm>

#include <fmt/format.h>

#include "base/utf8.hpp"
#include "domain/captions/width.hpp"
#include "domain/export_parts.hpp"

namespace zimu::domain::detail {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

char32_t last_codepoint(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  return next_codepoint(text.substr(at)).codepoint;
}

}  // namespace

std::vector<std::string> clean_lines(std::string_view raw) {
  std::vector<std::string> lines;
  std::string line;
  const auto flush = [&lines, &line] {
    const auto first = line.find_first_not_of(' ');
    if (first != std::string::npos) lines.push_back(line.substr(first, line.find_last_not_of(' ') - first + 1));
    line.clear();
  };
  for (const char c : to_utf8(raw)) {
    if (c == '\n' || c == '\r') {
      flush();
    } else {
      line += is_control(c) ? ' ' : c;
    }
  }
  flush();
  return lines;
}

std::vector<Cue> make_cues(const Transcript& transcript) {
  std::vector<Cue> cues;
  cues.reserve(transcript.segments.size());
  for (const Segment& segment : transcript.segments) {
    Cue cue;
    cue.start = std::max(segment.start, Milliseconds{0});
    cue.end = std::max(segment.end, cue.start + Milliseconds{1});
    cue.lines = clean_lines(segment.text);
    cue.speaker = one_line(segment.speaker);
    cue.segment = &segment;
    if (!cue.lines.empty()) cues.push_back(std::move(cue));
  }
  std::ranges::stable_sort(cues, {}, &Cue::start);
  return cues;
}

std::string joined(const std::vector<std::string>& lines, std::string_view separator) {
  std::string out;
  for (const std::string& line : lines) {
    if (!out.empty()) out += separator;
    out += line;
  }
  return out;
}

std::string on_one_line(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) {
    if (!out.empty() && !captions::spaceless(last_codepoint(out)) && !captions::spaceless(next_codepoint(line).codepoint)) {
      out += ' ';
    }
    out += line;
  }
  return out;
}

std::string one_line(std::string_view text) { return joined(clean_lines(text), " "); }

std::string word_text(std::string_view text) {
  std::string out = to_utf8(text);
  std::ranges::replace_if(out, is_control, ' ');
  return out;
}

std::string clock_ms(Milliseconds time, char decimal_mark) {
  const auto ms = time.count();
  return fmt::format("{:02}:{:02}:{:02}{}{:03}", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, decimal_mark, ms % 1000);
}

}  // namespace zimu::domain::detail
