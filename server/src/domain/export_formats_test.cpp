// The formats in detail, and what a worker's or an editor's text may do to them.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <limits>
#include <random>

#include "domain/export.hpp"

namespace zimu::domain {
namespace {

namespace json = boost::json;

Segment segment(std::int64_t start, std::int64_t end, std::string text) {
  Segment out;
  out.start = Milliseconds{start};
  out.end = Milliseconds{end};
  out.text = std::move(text);
  return out;
}

Word word(std::int64_t start, std::int64_t end, std::string text) {
  return {Milliseconds{start}, Milliseconds{end}, std::move(text), 0.5F};
}

std::string write(const std::vector<Segment>& segments, std::string_view format, bool words = false) {
  Transcript t;
  t.title = "字幕 [test]";
  t.language = "zh";
  t.duration = Milliseconds{5000};
  t.segments = segments;
  const auto text = export_transcript(t, format, {.word_times = words});
  EXPECT_TRUE(text) << format;
  return text.value_or("");
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

TEST(ExportClock, HoursGrowPastNinetyNine) {
  const std::int64_t start = 360'000'000 + 61'001;  // 100:01:01.001
  const std::vector<Segment> late{segment(start, start + 1000, "late")};
  EXPECT_NE(write(late, "srt").find("100:01:01,001 --> 100:01:02,001"), std::string::npos);
  EXPECT_NE(write(late, "vtt").find("100:01:01.001 --> 100:01:02.001"), std::string::npos);
  EXPECT_NE(write(late, "lrc").find("[6001:01.00]late\n"), std::string::npos);
  EXPECT_NE(write(late, "ass").find("Dialogue: 0,100:01:01.00,100:01:02.00,"), std::string::npos);
  EXPECT_NE(write(late, "tsv").find("360061001\t360062001\tlate\n"), std::string::npos);
  // The longest that the worker protocol lets pass: 34 years.
  const std::int64_t most = std::int64_t{1} << 40;
  EXPECT_NE(write({segment(most, most, "end")}, "srt").find("305419:53:47,776 --> 305419:53:47,777"), std::string::npos);
}

TEST(ExportClock, ZeroAndNegativeLengthsBecomeOneMillisecond) {
  for (const auto& format : {"srt", "vtt"}) {
    const auto text = write({segment(1000, 1000, "zero"), segment(3000, 2000, "back"), segment(-500, -400, "before")}, format);
    EXPECT_NE(text.find(format == std::string("srt") ? "00:00:00,000 --> 00:00:00,001" : "00:00:00.000 --> 00:00:00.001"),
              std::string::npos);
    EXPECT_EQ(text.find(":-"), std::string::npos);
    EXPECT_LT(text.find("before"), text.find("zero"));
    EXPECT_LT(text.find("zero"), text.find("back"));
  }
}

TEST(ExportJson, IsJsonWithEveryField) {
  Segment first = segment(0, 1500, "你好\n世界 \"q\" \\ \x01");
  first.index = 4;
  first.speaker = "王";
  first.avg_logprob = -0.25F;
  first.compression_ratio = 1.5F;
  first.no_speech_prob = std::numeric_limits<float>::quiet_NaN();
  first.temperature = 0.2F;
  first.words = {word(0, 700, "你好"), word(700, 1500, "世界\n\x02")};
  boost::system::error_code ec;
  const json::value root = json::parse(write({first, segment(2000, 3000, "two")}, "json"), ec);
  ASSERT_FALSE(ec) << ec.message();
  EXPECT_EQ(root.at("title").as_string(), "字幕 [test]");
  EXPECT_EQ(root.at("language").as_string(), "zh");
  EXPECT_EQ(root.at("task").as_string(), "transcribe");
  EXPECT_EQ(root.at("duration_ms").as_int64(), 5000);
  EXPECT_FALSE(root.at("complete").as_bool());
  ASSERT_EQ(root.at("segments").as_array().size(), 2U);
  const json::value& one = root.at("segments").as_array()[0];
  EXPECT_EQ(one.at("index").as_int64(), 4);
  EXPECT_EQ(one.at("start_ms").as_int64(), 0);
  EXPECT_EQ(one.at("end_ms").as_int64(), 1500);
  EXPECT_EQ(one.at("text").as_string(), "你好\n世界 \"q\" \\");
  EXPECT_EQ(one.at("speaker").as_string(), "王");
  EXPECT_EQ(one.at("avg_logprob").to_number<double>(), -0.25);
  EXPECT_EQ(one.at("no_speech_prob").to_number<double>(), 0.0);
  ASSERT_EQ(one.at("words").as_array().size(), 2U);
  EXPECT_EQ(one.at("words").as_array()[1].at("start_ms").as_int64(), 700);
  EXPECT_EQ(one.at("words").as_array()[1].at("text").as_string(), "世界\n\x02");
  EXPECT_EQ(one.at("words").as_array()[1].at("probability").to_number<double>(), 0.5);
  EXPECT_EQ(root.at("segments").as_array()[1].as_object().contains("words"), false);
}

TEST(ExportJson, HasTheCoverageThatWasMeasured) {
  const auto parsed = [](const Transcript& given) { return json::parse(*export_transcript(given, "json", {})); };
  Transcript given;
  EXPECT_FALSE(parsed(given).as_object().contains("coverage"));
  given.coverage.emplace();
  EXPECT_EQ(parsed(given).at("coverage").at("share").to_number<double>(), 1);
  EXPECT_TRUE(parsed(given).at("coverage").at("gaps").as_array().empty());
  EXPECT_TRUE(parsed(given).at("coverage").at("left_out").as_array().empty());
  using std::chrono::milliseconds;
  *given.coverage = {milliseconds{8000}, milliseconds{6000}, {{milliseconds{1}, milliseconds{1001}},
                     {milliseconds{5000}, milliseconds{6000}}}, {{milliseconds{2}, milliseconds{3}, "no_speech", "\"谢谢\""}}};
  const json::value coverage = parsed(given).at("coverage");
  EXPECT_EQ(coverage.at("audible_ms").as_int64(), 8000);
  EXPECT_EQ(coverage.at("covered_ms").as_int64(), 6000);
  EXPECT_EQ(coverage.at("share").to_number<double>(), 0.75);
  ASSERT_EQ(coverage.at("gaps").as_array().size(), 2U);
  EXPECT_EQ(coverage.at("gaps").as_array()[1].at("start_ms").as_int64(), 5000);
  EXPECT_EQ(coverage.at("gaps").as_array()[1].at("end_ms").as_int64(), 6000);
  ASSERT_EQ(coverage.at("left_out").as_array().size(), 1U);
  EXPECT_EQ(coverage.at("left_out").as_array()[0].at("text").as_string(), "\"谢谢\"");
  EXPECT_EQ(coverage.at("left_out").as_array()[0].at("reason").as_string(), "no_speech");
  EXPECT_EQ(coverage.at("left_out").as_array()[0].at("end_ms").as_int64(), 3);
}

TEST(ExportJson, RandomBytesStayJson) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    for (int i = 0; i < 40; ++i) bytes += static_cast<char>(random());
    Segment s = segment(static_cast<std::int64_t>(random() % 5000), static_cast<std::int64_t>(random() % 5000), "x" + bytes);
    s.speaker = bytes;
    s.words = {word(0, 1, bytes)};
    boost::system::error_code ec;
    static_cast<void>(json::parse(write({s}, "json", true), ec));
    ASSERT_FALSE(ec) << ec.message();
  }
}

TEST(ExportLrc, AnEmptyLineClearsTheScreenOnlyBeforeAPause) {
  EXPECT_EQ(write({segment(1000, 2000, "一"), segment(2500, 3000, "二"), segment(4000, 4500, "三")}, "lrc"),
            "[ti:字幕 (test)]\n[re:Zimu]\n[length:00:05.00]\n[00:01.00]一\n[00:02.50]二\n[00:03.00]\n[00:04.00]三\n[00:04.50]\n");
}

TEST(ExportLrc, WordMarksAreNeverNegative) {
  Segment s = segment(-40, 1000, "a b");
  s.words = {word(-40, 100, " a"), word(200, 1000, " b")};
  EXPECT_NE(write({s}, "lrc", true).find("[00:00.00]<00:00.00> a<00:00.20> b<00:01.00>\n"), std::string::npos)
      << write({s}, "lrc", true);
}

TEST(ExportAss, HasTheSectionsAndFieldsInOrder) {
  Segment s = segment(500, 1500, "第一行\n第二行");
  s.speaker = "A, B";
  const auto text = write({s}, "ass");
  EXPECT_TRUE(text.starts_with("[Script Info]\n"));
  const auto styles = text.find("\n[V4+ Styles]\nFormat: Name, Fontname,");
  const auto events = text.find("\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n");
  ASSERT_NE(styles, std::string::npos);
  ASSERT_NE(events, std::string::npos);
  EXPECT_LT(styles, events);
  EXPECT_NE(text.find("Dialogue: 0,0:00:00.50,0:00:01.50,Default,A; B,0,0,0,,第一行\\N第二行\n"), std::string::npos) << text;
  // As many values in a style as its format line names.
  const auto fields = [&text](std::string_view begin) {
    const auto at = text.find(begin);
    const auto line = text.substr(at, text.find('\n', at) - at);
    return std::ranges::count(line, ',');
  };
  EXPECT_EQ(fields("Format: Name"), fields("Style: Default"));
}

TEST(ExportAss, KaraokeGrowsOnlyForwards) {
  Segment s = segment(1000, 2000, "a b c");
  s.words = {word(1000, 1500, " a"), word(1600, 1700, " b"), word(1400, 2000, " c")};  // c before b
  const auto text = write({s}, "ass", true);
  EXPECT_NE(text.find("{\\k60}a{\\k0} b{\\k40} c\n"), std::string::npos) << text;
}

TEST(ExportVtt, ChineseWordsGetMarksWithoutSpaces) {
  Segment s = segment(0, 2000, "你好世界");
  s.words = {word(0, 900, "你好"), word(1000, 2000, "世界")};
  EXPECT_EQ(write({s}, "vtt", true), "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n你好<00:00:01.000>世界\n\n");
}

TEST(ExportVtt, SpeakersBecomeVoices) {
  Segment s = segment(0, 1000, "hi");
  s.speaker = "A > B & <c>";
  EXPECT_NE(write({s}, "vtt").find("<v A   B    c >hi\n"), std::string::npos) << write({s}, "vtt");
}

TEST(ExportSrt, ASpeakersNameIsNoArrowEither) {
  Segment s = segment(0, 1000, "hi");
  s.speaker = "a --> b";
  EXPECT_EQ(count(write({s}, "srt"), "-->"), 1U);
  s.speaker = "x--";
  s.text = "> y";
  EXPECT_EQ(count(write({s}, "srt"), "-->"), 1U);
}

// Words come from the worker as they are: one with line breaks must not end its cue or begin another.
TEST(ExportWords, LineBreaksInAWordBreakNoFormat) {
  Segment s = segment(0, 1000, "one two");
  s.words = {word(0, 400, " one\n\n00:00:05.000 --> 00:00:06.000\nforged"),
             word(500, 1000, " two\r\nDialogue: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,forged\x07")};
  const auto vtt = write({s}, "vtt", true);
  EXPECT_EQ(count(vtt, " --> "), 1U) << vtt;
  EXPECT_EQ(count(vtt, "\n\n"), 2U) << vtt;
  const auto ass = write({s}, "ass", true);
  EXPECT_EQ(count(ass, "\nDialogue: "), 1U) << ass;
  const auto lrc = write({s}, "lrc", true);
  EXPECT_EQ(count(lrc, "\n"), 5U) << lrc;
  for (const std::string& text : {vtt, ass, lrc}) {
    EXPECT_EQ(text.find('\r'), std::string::npos);
    EXPECT_EQ(text.find('\x07'), std::string::npos);
  }
}

TEST(ExportText, ChineseTextStaysAsItIs) {
  const std::string text = "大家好，我是“字幕”。𠀀 ｜ 日本語のテスト";
  for (const char* format : {"srt", "vtt", "txt", "tsv", "csv", "lrc", "ass", "json"}) {
    EXPECT_NE(write({segment(0, 1000, text)}, format).find(text), std::string::npos) << format;
  }
}

TEST(ExportText, EveryFormatIsValidUtf8WithoutControlCharacters) {
  std::mt19937 random(9);
  for (int round = 0; round < 200; ++round) {
    std::string bytes = "x";
    for (int i = 0; i < 30; ++i) bytes += static_cast<char>(random());
    Segment s = segment(0, 1000, bytes);
    s.speaker = bytes;
    s.words = {word(0, 500, bytes), word(500, 1000, " " + bytes)};
    for (const auto& format : export_formats()) {
      for (const char c : write({s}, format.name, true)) {
        const auto byte = static_cast<unsigned char>(c);
        ASSERT_TRUE(byte >= 0x20 || byte == '\n' || byte == '\t' || byte == '\r') << format.name;
        ASSERT_NE(byte, 0xFF) << format.name;
        ASSERT_NE(byte, 0xC0) << format.name;
      }
    }
  }
}

}  // namespace
}  // namespace zimu::domain
