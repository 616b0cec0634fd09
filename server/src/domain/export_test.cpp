#include "domain/export.hpp"

#include <gtest/gtest.h>

#include <random>

namespace zimu::domain {
namespace {

using std::chrono::milliseconds;

Segment segment(int start, int end, std::string text) {
  Segment out;
  out.start = milliseconds{start};
  out.end = milliseconds{end};
  out.text = std::move(text);
  return out;
}

Transcript transcript(std::vector<Segment> segments) {
  Transcript out;
  out.title = "A [title]";
  out.language = "en";
  out.duration = milliseconds{12'000};
  out.segments = std::move(segments);
  return out;
}

std::string write(const Transcript& t, std::string_view format, bool words = false) {
  const auto text = export_transcript(t, format, {.word_times = words});
  EXPECT_TRUE(text) << format;
  return text.value_or("");
}

TEST(Export, SrtNumbersAndClock) {
  const auto t = transcript({segment(0, 2500, "Hello."), segment(3'723'004, 3'724'000, "Later\nline")});
  EXPECT_EQ(write(t, "srt"),
            "1\n00:00:00,000 --> 00:00:02,500\nHello.\n\n2\n01:02:03,004 --> 01:02:04,000\nLater\nline\n\n");
}

TEST(Export, SrtNeverHoldsABlankLineOrAnArrowInACue) {
  const auto text = write(transcript({segment(0, 1000, "a\n\n \n b --> c\r\n")}), "srt");
  EXPECT_EQ(text, "1\n00:00:00,000 --> 00:00:01,000\na\nb --\xE2\x80\x8B> c\n\n");
}

TEST(Export, VttEscapesMarkup) {
  const auto text = write(transcript({segment(0, 1000, "A & B < C --> D")}), "vtt");
  EXPECT_EQ(text, "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nA &amp; B &lt; C --&gt; D\n\n");
}

TEST(Export, VttWordTimesAreStrictlyInsideTheCue) {
  Segment s = segment(1000, 2000, "one two three");
  s.words = {{milliseconds{1000}, milliseconds{1200}, " one", 1},
             {milliseconds{1300}, milliseconds{1400}, " two", 1},
             {milliseconds{1300}, milliseconds{2000}, " three", 1}};
  EXPECT_EQ(write(transcript({s}), "vtt", true),
            "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\none<00:00:01.300> two three\n\n");
}

TEST(Export, CuesAreSortedAndNeverEmptyOrBackwards) {
  const auto t = transcript({segment(5000, 4000, "late"), segment(-50, 0, "early"), segment(100, 200, "  ")});
  EXPECT_EQ(write(t, "tsv"), "start\tend\ttext\n0\t1\tearly\n5000\t5001\tlate\n");
}

TEST(Export, CsvQuotesAndDefusesFormulas) {
  const auto text = write(transcript({segment(0, 10, "=1+1, \"quoted\"")}), "csv");
  EXPECT_EQ(text, "start_ms,end_ms,speaker,text\r\n0,10,\"\",\"'=1+1, \"\"quoted\"\"\"\r\n");
}

TEST(Export, LrcCarriesWhenItRounds) {
  const auto text = write(transcript({segment(59'996, 61'000, "x [y]")}), "lrc");
  EXPECT_EQ(text, "[ti:A (title)]\n[re:Zimu]\n[length:00:12.00]\n[01:00.00]x (y)\n[01:01.00]\n");
}

TEST(Export, AssKeepsBracesAndBackslashesLiteral) {
  const auto text = write(transcript({segment(0, 1005, "{\\b1} \\N")}), "ass");
  EXPECT_NE(text.find("Dialogue: 0,0:00:00.00,0:00:01.01,Default,,0,0,0,,\xEF\xBD\x9B\\\xE2\x81\xA0"
                      "b1\xEF\xBD\x9D \\\xE2\x81\xA0N\n"),
            std::string::npos)
      << text;
}

TEST(Export, AssKaraokeSumsToTheCue) {
  Segment s = segment(0, 1000, "a b");
  s.words = {{milliseconds{0}, milliseconds{333}, " a", 1}, {milliseconds{335}, milliseconds{900}, " b", 1}};
  EXPECT_NE(write(transcript({s}), "ass", true).find("{\\k33}a{\\k67} b\n"), std::string::npos);
}

TEST(Export, BadUtf8BecomesReplacementCharacters) {
  EXPECT_EQ(write(transcript({segment(0, 1, "a\xff\xc0\xaf 字")}), "txt"),
            "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD 字\n");
}

TEST(Export, JsonEscapesEverything) {
  const auto text = write(transcript({segment(0, 1, "\"q\" \\ \x01 字幕")}), "json");
  EXPECT_NE(text.find(R"("text": "\"q\" \\   字幕")"), std::string::npos) << text;
}

TEST(Export, UnknownFormatNamesTheKnownOnes) {
  const auto text = export_transcript(transcript({}), "docx");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(text.error().action.find("srt, vtt, txt, json, tsv, csv, lrc, ass"), std::string::npos);
}

TEST(Export, EmptyTranscriptIsAValidFileInEveryFormat) {
  for (const auto& format : export_formats()) EXPECT_TRUE(export_transcript(transcript({}), format.name)) << format.name;
  EXPECT_EQ(write(transcript({}), "vtt"), "WEBVTT\n\n");
}

// Whatever bytes the model or an editor produced: one SRT block a cue, so that no reader loses the rest of the file.
TEST(Export, RandomTextNeverBreaksSrtStructure) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces{"\n", "\r", "-->", "字", "\xff", "&", "<", " ", "a", "\t", "1", "{\\", "👩‍👧"};
  for (int round = 0; round < 500; ++round) {
    std::vector<Segment> segments;
    std::size_t expected = 0;
    for (int i = 0; i < 5; ++i) {
      std::string text;
      for (int k = 0; k < 12; ++k) text += pieces[random() % pieces.size()];
      segments.push_back(segment(static_cast<int>(random() % 100000), static_cast<int>(random() % 100000), text));
      expected += text.find_first_not_of(" \n\r\t") != std::string::npos ? 1 : 0;
    }
    const auto srt = write(transcript(segments), "srt");
    std::size_t blocks = 0;
    for (auto at = srt.find("\n\n"); at != std::string::npos; at = srt.find("\n\n", at + 2)) ++blocks;
    std::size_t arrows = 0;
    for (auto at = srt.find("-->"); at != std::string::npos; at = srt.find("-->", at + 3)) ++arrows;
    ASSERT_EQ(blocks, expected) << srt;
    ASSERT_EQ(arrows, expected) << srt;
  }
}

}  // namespace
}  // namespace zimu::domain
