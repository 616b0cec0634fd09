// IMSC 1.1 Text Profile (W3C ttml-imsc1.1), a document that plain TTML1 readers take too.
#include <map>

#include <fmt/format.h>

#include "base/utf8.hpp"
#include "domain/captions/captions.hpp"
#include "domain/export_parts.hpp"

namespace zimu::domain::detail {
namespace {

/// XML 1.0: markup is escaped; U+FFFE and U+FFFF are no characters there. Control characters are gone already.
std::string xml_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Utf8Step step = next_codepoint(text);
    const std::string_view bytes = text.substr(0, step.length);
    text.remove_prefix(step.length);
    switch (step.codepoint) {
      case U'&': out += "&amp;"; break;
      case U'<': out += "&lt;"; break;
      case U'>': out += "&gt;"; break;
      case U'"': out += "&quot;"; break;
      case 0xFFFE:
      case 0xFFFF: out += "\xEF\xBF\xBD"; break;
      default: out += bytes;
    }
  }
  return out;
}

/// Runs of blanks would be folded into one.
std::string with_kept_blanks(const std::string& line) {
  return line.find("  ") == std::string::npos ? line : fmt::format("<span xml:space=\"preserve\">{}</span>", line);
}

/// A language tag for xml:lang; "und" where the language is not known, for an empty one is no valid document.
std::string language_tag(const Transcript& transcript) {
  const std::string_view language = shown_language(transcript);
  return language.empty() ? "und" : xml_text(one_line(language));
}

constexpr std::string_view kStyles =
    "    <styling>\n"
    "      <style xml:id=\"s1\" tts:fontFamily=\"proportionalSansSerif\" tts:fontSize=\"100%\" tts:lineHeight=\"125%\" "
    "tts:color=\"#FFFFFF\" tts:textAlign=\"center\"/>\n"
    "    </styling>\n"
    "    <layout>\n"
    "      <region xml:id=\"r1\" tts:origin=\"10% 80%\" tts:extent=\"80% 15%\" tts:displayAlign=\"after\" "
    "tts:overflow=\"visible\"/>\n"
    "    </layout>\n";

std::string head(const Transcript& transcript, const std::map<std::string, std::size_t>& agents) {
  std::string metadata = fmt::format("      <ttm:title>{}</ttm:title>\n", xml_text(one_line(transcript.title)));
  for (const auto& [name, number] : agents) {
    metadata += fmt::format("      <ttm:agent xml:id=\"a{}\" type=\"person\"><ttm:name type=\"full\">{}</ttm:name></ttm:agent>\n",
                            number, xml_text(name));
  }
  return fmt::format("  <head>\n    <metadata>\n{}    </metadata>\n{}  </head>\n", metadata, kStyles);
}

}  // namespace

std::string write_ttml(const Transcript& transcript) {
  const auto cues = make_cues(transcript);
  std::map<std::string, std::size_t> agents;
  for (const Cue& cue : cues) {
    if (!cue.speaker.empty()) agents.try_emplace(cue.speaker, agents.size() + 1);
  }
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<tt xmlns=\"http://www.w3.org/ns/ttml\" xmlns:ttp=\"http://www.w3.org/ns/ttml#parameter\" "
      "xmlns:tts=\"http://www.w3.org/ns/ttml#styling\" xmlns:ttm=\"http://www.w3.org/ns/ttml#metadata\" xml:lang=\"{}\" "
      "ttp:contentProfiles=\"http://www.w3.org/ns/ttml/profile/imsc1.1/text\" ttp:timeBase=\"media\" "
      "ttp:cellResolution=\"32 15\">\n{}  <body region=\"r1\" style=\"s1\">\n    <div>\n",
      language_tag(transcript), head(transcript, agents));
  std::size_t number = 0;
  for (const Cue& cue : cues) {
    std::vector<std::string> lines;
    for (const std::string& line : cue.lines) lines.push_back(with_kept_blanks(xml_text(line)));
    const std::string agent = cue.speaker.empty() ? "" : fmt::format(" ttm:agent=\"a{}\"", agents.at(cue.speaker));
    out += fmt::format("      <p xml:id=\"c{}\" begin=\"{}\" end=\"{}\"{}>{}</p>\n", ++number, clock_ms(cue.start, '.'),
                       clock_ms(cue.end, '.'), agent, joined(lines, "<br/>"));
  }
  return out + "    </div>\n  </body>\n</tt>\n";
}

}  // namespace zimu::domain::detail
