// Markdown (CommonMark) for reading: paragraphs with the time that each begins at.
#include <algorithm>

#include <fmt/format.h>

#include "domain/captions/phrases.hpp"
#include "domain/export_parts.hpp"

namespace zimu::domain::detail {
namespace {

constexpr Milliseconds kParagraphPause{2000};
constexpr std::size_t kParagraphBytes = 600;  // from there on, at the next end of a sentence

/// Any ASCII punctuation may have a backslash (CommonMark §2.4). What is harmless inside a line stays readable.
std::string markdown_text(std::string_view text) {
  constexpr std::string_view kActive = "\\`*_[]<>&#|~!$";
  std::string out;
  for (const char c : text) {
    if (kActive.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string clock(Milliseconds time) {
  const auto seconds = time.count() / 1000;
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

bool begins_paragraph(const Cue& cue, const Cue& before, std::size_t bytes) {
  return cue.speaker != before.speaker || cue.start - before.end >= kParagraphPause ||
         (bytes >= kParagraphBytes && captions::ends_sentence(before.lines.back()));
}

}  // namespace

std::string write_markdown(const Transcript& transcript) {
  std::string title = one_line(transcript.title);
  std::string out = fmt::format("# {}\n", title.empty() ? "Transcript" : markdown_text(title));
  const auto cues = make_cues(transcript);
  std::vector<std::string> paragraph;
  std::size_t bytes = 0;
  const auto flush = [&out, &paragraph] {
    if (!paragraph.empty()) out += markdown_text(on_one_line(paragraph)) + '\n';
    paragraph.clear();
  };
  for (std::size_t i = 0; i < cues.size(); ++i) {
    const Cue& cue = cues[i];
    if (i == 0 || begins_paragraph(cue, cues[i - 1], bytes)) {
      flush();
      bytes = 0;
      const bool named = !cue.speaker.empty() && (i == 0 || cue.speaker != cues[i - 1].speaker);
      out += fmt::format("\n\\[{}\\] {}", clock(cue.start),
                         named ? fmt::format("**{}:** ", markdown_text(cue.speaker)) : "");
    }
    for (const std::string& line : cue.lines) {
      bytes += line.size();
      paragraph.push_back(line);
    }
  }
  flush();
  return out;
}

}  // namespace zimu::domain::detail
