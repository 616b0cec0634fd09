// SBV, TTML and Markdown.
#include <gtest/gtest.h>

#include "domain/export.hpp"

namespace zimu::domain {
namespace {

Segment segment(std::int64_t start, std::int64_t end, std::string text, std::string speaker = "") {
  Segment out;
  out.start = Milliseconds{start};
  out.end = Milliseconds{end};
  out.text = std::move(text);
  out.speaker = std::move(speaker);
  return out;
}

std::string write(std::vector<Segment> segments, std::string_view format, std::string title = "A <title> & *more*") {
  Transcript t;
  t.title = std::move(title);
  t.language = "en";
  t.segments = std::move(segments);
  return export_transcript(t, format).value();
}

TEST(ExportSbv, HasTheClockOfYouTubeAndNoNumbers) {
  EXPECT_EQ(write({segment(0, 2500, "Hello.\nYou", "Anna"), segment(3'723'004, 3'724'000, "a --> b, <c>")}, "sbv"),
            "0:00:00.000,0:00:02.500\nAnna: Hello.\nYou\n\n1:02:03.004,1:02:04.000\na --> b, <c>\n\n");
}

TEST(ExportTtml, EscapesAndNamesSpeakers) {
  const auto text = write({segment(1000, 3500, "One <b>\ntwo & \"three\"", "A & B"), segment(4000, 5000, "]]> four", "A & B")}, "ttml");
  EXPECT_NE(text.find("<ttm:title>A &lt;title&gt; &amp; *more*</ttm:title>"), std::string::npos) << text;
  EXPECT_NE(text.find("<ttm:agent xml:id=\"a1\" type=\"person\"><ttm:name type=\"full\">A &amp; B</ttm:name></ttm:agent>"), std::string::npos);
  EXPECT_NE(text.find("<p xml:id=\"c1\" begin=\"00:00:01.000\" end=\"00:00:03.500\" ttm:agent=\"a1\">One &lt;b&gt;<br/>two &amp; "
                      "&quot;three&quot;</p>"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(">]]&gt; four</p>"), std::string::npos) << text;
  EXPECT_EQ(text.find("a2"), std::string::npos) << "one agent a speaker";
  EXPECT_NE(text.find("xml:lang=\"en\""), std::string::npos);
}

TEST(ExportTtml, HoldsOnlyCharactersOfXmlAndNeverAnEmptyLanguage) {
  Transcript t;
  t.segments = {segment(0, 10, "a\xEF\xBF\xBF" "b\xEF\xBF\xBE" "c\x01  d")};
  const auto text = export_transcript(t, "ttml").value();
  EXPECT_NE(text.find("a\xEF\xBF\xBD" "b\xEF\xBF\xBD" "c"), std::string::npos);
  EXPECT_NE(text.find("<span xml:space=\"preserve\">"), std::string::npos) << "runs of blanks are kept";
  EXPECT_NE(text.find("xml:lang=\"und\""), std::string::npos);
  t.task = Task::kTranslate;
  t.language = "zh";
  EXPECT_NE(export_transcript(t, "ttml").value().find("xml:lang=\"en\""), std::string::npos) << "a translation is English";
}

TEST(ExportMarkdown, MakesParagraphsOfSpeakersAndPauses) {
  EXPECT_EQ(write({segment(0, 900, "Are you there?", "Anna"), segment(1000, 1900, "I am.", "Bob"), segment(2000, 2500, "Here.", "Bob"),
                   segment(9000, 9500, "Still.", "Bob")},
                  "md", "Talk"),
            "# Talk\n\n\\[00:00:00\\] **Anna:** Are you there?\n\n\\[00:00:01\\] **Bob:** I am. Here.\n\n\\[00:00:09\\] Still.\n");
}

TEST(ExportMarkdown, TextIsNeverMarkup) {
  EXPECT_EQ(write({segment(0, 1, "# *a* _b_ `c` <d> [e](f) & ~~g~~ | \\")}, "md"),
            "# A \\<title\\> \\& \\*more\\*\n\n\\[00:00:00\\] \\# \\*a\\* \\_b\\_ \\`c\\` \\<d\\> \\[e\\](f) \\& \\~\\~g\\~\\~ \\| \\\\\n");
}

TEST(ExportMarkdown, ALongSpeechIsPartedAtASentence) {
  std::vector<Segment> segments;
  for (int i = 0; i < 40; ++i) segments.push_back(segment(i * 1000, i * 1000 + 990, i % 3 == 0 ? "This is where a sentence ends." : "and so on and on"));
  const auto text = write(segments, "md");
  std::size_t paragraphs = 0;
  for (auto at = text.find("\n\n"); at != std::string::npos; at = text.find("\n\n", at + 2)) {
    ++paragraphs;
    EXPECT_TRUE(at < 30 || text[at - 1] == '.') << text.substr(at - 20, 20);
  }
  EXPECT_EQ(paragraphs, 2U);
}

TEST(ExportText, ChineseLinesAreJoinedWithoutASpace) {
  const std::vector<Segment> lines{segment(0, 1000, "大家好\n我是 a\nb")};
  EXPECT_EQ(write(lines, "txt"), "大家好我是 a b\n");
  EXPECT_NE(write(lines, "md").find("大家好我是 a b\n"), std::string::npos);
}

}  // namespace
}  // namespace zimu::domain
