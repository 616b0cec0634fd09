// The subtitles of a film as files for FFmpeg.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/utf8.hpp"
#include "domain/captions/captions.hpp"
#include "domain/captions/width.hpp"
#include "domain/export_parts.hpp"
#include "domain/render.hpp"

namespace zimu::domain {
namespace {

constexpr int kShortSide = 1080;  // of the layout, whatever the picture has
constexpr int kLeastSideMargin = 40;

Result<Transcript> cues_of(const Transcript& transcript, const RenderOptions& options) {
  if (!options.preset) return transcript;
  ZIMU_TRY(const auto rules, caption_rules({.preset = options.preset}, shown_language(transcript)));
  return make_captions(transcript, rules);
}

/// "#RRGGBB" or "#RRGGBBAA" as ASS has it: &HAABBGGRR, where AA 00 is solid.
std::string ass_colour(std::string_view colour) {
  const auto part = [colour](std::size_t at) { return std::stoi(std::string(colour.substr(at, 2)), nullptr, 16); };
  const int alpha = colour.size() == 9 ? 255 - part(7) : 0;
  return fmt::format("&H{:02X}{:02X}{:02X}{:02X}", alpha, part(5), part(3), part(1));
}

/// Characters that Chinese, Japanese and Korean share look otherwise in each: the usual font is that of the language.
std::string_view font_of(const RenderStyle& style, std::string_view language) {
  if (style.font != RenderStyle{}.font) return style.font;
  if (language == "zh") return "Noto Sans CJK SC";
  if (language == "yue") return "Noto Sans CJK HK";
  if (language == "ja") return "Noto Sans CJK JP";
  if (language == "ko") return "Noto Sans CJK KR";
  return style.font;
}

/// Libass breaks lines at blanks only: where a script has none, a line that is too long is cut here.
std::string fold(const std::string& line, int columns) {
  std::string out;
  int used = 0;
  char32_t before = 0;
  for (std::string_view rest = line; !rest.empty();) {
    const Utf8Step step = next_codepoint(rest);
    const int width = captions::columns_of(step.codepoint, true);
    if (captions::is_blank(step.codepoint)) {
      // The word after a blank can go to the next line by itself.
      const std::string_view word = rest.substr(step.length, rest.find(' ', step.length) - step.length);
      const bool breaks_by_itself = used + width + captions::columns_of(word, true) > columns;
      used = breaks_by_itself ? 0 : used + width;
    } else if (used + width > columns && captions::ideographic(step.codepoint) && used > 0 &&
               !captions::never_begins_line(step.codepoint) && !captions::never_ends_line(before)) {
      out += '\n';
      used = width;
    } else {
      used += width;
    }
    out += rest.substr(0, step.length);
    before = step.codepoint;
    rest.remove_prefix(step.length);
  }
  return out;
}

}  // namespace

Result<std::string> render_ass(const Transcript& transcript, const RenderOptions& options, PictureSize picture) {
  ZIMU_TRY(Transcript cues, cues_of(transcript, options));
  const RenderStyle style = options.style.value_or(RenderStyle{});
  detail::AssLook look;
  const int shorter = std::max(1, std::min(picture.width, picture.height));
  look.width = std::max(1, picture.width * kShortSide / shorter);
  look.height = std::max(1, picture.height * kShortSide / shorter);
  const int side = std::max(kLeastSideMargin, look.width / 16);
  // With a box (style 3) the outline's width is its padding and the outline's colour its colour.
  const int outline = style.box ? std::max(style.outline, style.size / 6) : style.outline;
  look.style = fmt::format("{},{},{},{},{},{},{},0,0,0,100,100,0,0,{},{},0,{},{},{},{},1", font_of(style, shown_language(transcript)), style.size,
                           ass_colour(style.color), ass_colour(style.color),
                           ass_colour(style.box ? style.box_color : style.outline_color), ass_colour(style.box_color),
                           style.bold ? -1 : 0, style.box ? 3 : 1, outline,
                           style.position == CaptionPosition::kTop ? 8 : 2, side, side, style.margin);
  // A full-width character is about as wide as the font is high.
  const int columns = std::max(8, 2 * (look.width - 2 * side) / style.size);
  for (Segment& segment : cues.segments) {
    std::string folded;
    for (const std::string& line : detail::clean_lines(segment.text)) {
      folded += (folded.empty() ? "" : "\n") + fold(line, columns);
    }
    segment.text = std::move(folded);
  }
  return detail::write_ass(cues, {}, look);
}

namespace {

/// At each moment one cue, with all that is said then.
Transcript flattened(const Transcript& transcript) {
  const auto cues = detail::make_cues(transcript);
  std::set<Milliseconds> cuts;
  for (const auto& cue : cues) cuts.insert({cue.start, cue.end});
  Transcript out = transcript;
  out.segments.clear();
  std::vector<const detail::Cue*> shown;
  auto next = cues.begin();
  for (auto cut = cuts.begin(); cut != cuts.end() && std::next(cut) != cuts.end(); ++cut) {
    std::erase_if(shown, [&](const auto* cue) { return cue->end <= *cut; });
    for (; next != cues.end() && next->start == *cut; ++next) shown.push_back(&*next);
    if (shown.empty()) continue;
    Segment piece;
    piece.start = *cut;
    piece.end = *std::next(cut);
    for (const auto* cue : shown) {
      const std::string who = cue->speaker.empty() ? "" : cue->speaker + ": ";
      piece.text += (piece.text.empty() ? "" : "\n") + who + detail::joined(cue->lines, "\n");
    }
    out.segments.push_back(std::move(piece));
  }
  return out;
}

}  // namespace

Result<std::string> render_srt(const Transcript& transcript, const RenderOptions& options, bool flat) {
  ZIMU_TRY(const Transcript cues, cues_of(transcript, options));
  return detail::write_srt(flat ? flattened(cues) : cues);
}

}  // namespace zimu::domain
