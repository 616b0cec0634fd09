#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "domain/export.hpp"
#include "domain/transcript.hpp"

/// What the writers of the single formats share. Private to domain/.
namespace zimu::domain::detail {

/// A segment made fit for every format: times ordered and positive, valid UTF-8, no control characters, no blank line.
struct Cue {
  Milliseconds start{0};
  Milliseconds end{0};
  std::vector<std::string> lines;
  std::string speaker;
  const Segment* segment = nullptr;
};

/// Sorted by start; empty texts left out; end >= start + 1 ms.
std::vector<Cue> make_cues(const Transcript& transcript);
/// Lines of the text: control characters become spaces, blank lines go, ends are trimmed.
std::vector<std::string> clean_lines(std::string_view raw);
std::string joined(const std::vector<std::string>& lines, std::string_view separator);
/// The lines on one: a space between them, unless the script there has none.
std::string on_one_line(const std::vector<std::string>& lines);
/// The text on one line: control characters and line breaks become spaces, valid UTF-8.
std::string one_line(std::string_view text);
/// A word as it stands in a line: its outer blanks stay, control characters and line breaks become spaces, valid UTF-8.
std::string word_text(std::string_view text);
/// Whether a line of its cue begins with this word: only `make_captions` writes such.
inline bool begins_line(const Word& word, const ExportOptions& options) {
  return options.rules && word.text.starts_with('\n');
}
/// "01:02:03,004" with the given decimal mark; hours grow past 99.
std::string clock_ms(Milliseconds time, char decimal_mark);

std::string write_srt(const Transcript& transcript);
std::string write_vtt(const Transcript& transcript, const ExportOptions& options);
std::string write_txt(const Transcript& transcript);
std::string write_json(const Transcript& transcript, const ExportOptions& options);
std::string write_tsv(const Transcript& transcript);
std::string write_csv(const Transcript& transcript);
std::string write_lrc(const Transcript& transcript, const ExportOptions& options);
/// The size that an ASS file is laid out for, and its one style: what follows "Style: Default,".
struct AssLook {
  int width = 1920;
  int height = 1080;
  std::string style =
      "Noto Sans,58,&H00FFFFFF,&H0000D7FF,&H00101010,&H80000000,0,0,0,0,100,100,0,0,1,3,1,2,120,120,64,1";
};
std::string write_ass(const Transcript& transcript, const ExportOptions& options, const AssLook& look = {});
std::string write_sbv(const Transcript& transcript);
std::string write_ttml(const Transcript& transcript);
std::string write_markdown(const Transcript& transcript);

}  // namespace zimu::domain::detail
