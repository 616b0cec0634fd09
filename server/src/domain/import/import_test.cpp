#include "domain/import.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fmt/format.h>

#include "domain/export.hpp"

namespace zimu::domain {
namespace {

std::vector<Segment> read(std::string_view text, std::optional<SubtitleFormat> format = std::nullopt) {
  auto segments = import_subtitles(text, format);
  EXPECT_TRUE(segments) << (segments ? "" : segments.error().message);
  return segments.value_or(std::vector<Segment>{});
}

std::string shown(const std::vector<Segment>& segments) {
  std::string out;
  for (const auto& s : segments) {
    out += fmt::format("{}-{} {}{}|", s.start.count(), s.end.count(), s.speaker.empty() ? "" : s.speaker + ": ", s.text);
  }
  return out;
}

std::string problem(std::string_view text) {
  const auto segments = import_subtitles(text, std::nullopt);
  EXPECT_FALSE(segments) << shown(segments.value_or(std::vector<Segment>{}));
  return segments ? "" : segments.error().message;
}

std::string utf16(std::u16string_view text, bool big, bool mark) {
  std::string out;
  const auto put = [&](char16_t c) {
    const char low = static_cast<char>(c & 0xFF);
    const char high = static_cast<char>(c >> 8);
    out += big ? high : low;
    out += big ? low : high;
  };
  if (mark) put(0xFEFF);
  for (const char16_t c : text) put(c);
  return out;
}

TEST(ImportSrt, AsItShouldBe) {
  EXPECT_EQ(shown(read("1\n00:00:01,000 --> 00:00:02,500\nOne\ntwo\n\n2\n00:00:03,000 --> 01:00:04,000\n三\n")),
            "1000-2500 One\ntwo|3000-3604000 三|");
}

TEST(ImportSrt, EndsOfLinesAndMarks) {
  const std::string plain = "1\n00:00:01,000 --> 00:00:02,500\nOne\n\n2\n00:00:03,000 --> 00:00:04,000\nTwo\n";
  for (const std::string end : {"\r\n", "\r", "\n"}) {
    std::string text = "\xEF\xBB\xBF";
    for (const char c : plain) text += c == '\n' ? end : std::string(1, c);
    EXPECT_EQ(shown(read(text)), "1000-2500 One|3000-4000 Two|");
  }
}

TEST(ImportSrt, TimesOfManyHands) {
  for (const std::string times : {"00:00:01.000 --> 00:00:02.500", "0:0:1,0 --> 0:0:2,5", "00:01,000-->00:02,500", "  00:00:01 --> 00:00:02,500000  ",
                                  "00:00:01,000 --> 00:00:02,500 X1:40 X2:600 Y1:20 Y2:50", "00: 00: 01, 000 --> 00 : 00 : 02,500",
                                  "0:01.0\t-->\t0:02.5"}) {
    EXPECT_EQ(shown(read("1\n" + times + "\nOne\n")), "1000-2500 One|") << times;
  }
  EXPECT_EQ(shown(read("-00:00:01,000 --> 00:00:02,500\nOne\n")), "0-2500 One|");
}

TEST(ImportSrt, NumbersMissingDoubledAndSpokenOnes) {
  EXPECT_EQ(shown(read("00:00:01,000 --> 00:00:02,000\nOne\n\n00:00:03,000 --> 00:00:04,000\nTwo")), "1000-2000 One|3000-4000 Two|");
  EXPECT_EQ(shown(read("1\n00:00:01,000 --> 00:00:02,000\nOne\n2\n00:00:03,000 --> 00:00:04,000\nTwo")), "1000-2000 One|3000-4000 Two|");
  EXPECT_EQ(shown(read("1\n\n00:00:01,000 --> 00:00:02,000\n\nOne\n\n1\n\n00:00:03,000 --> 00:00:04,000\n42\n")), "1000-2000 One|3000-4000 42|");
  EXPECT_EQ(shown(read("7\n00:00:01,000 --> 00:00:02,000\n42\n\n8\n00:00:03,000 --> 00:00:04,000\n1984")), "1000-2000 42|3000-4000 1984|");
}

TEST(ImportSrt, BlankLinesInsideACueAndArrowsInTheText) {
  EXPECT_EQ(shown(read("1\n00:00:01,000 --> 00:00:02,000\nOne\n\nmore\n\n2\n00:00:03,000 --> 00:00:04,000\nA --> B\n")),
            "1000-2000 One\nmore|3000-4000 A --> B|");
}

TEST(ImportSrt, MarkupIsLeftOutAndTextIsNot) {
  EXPECT_EQ(shown(read("1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<i>One</i> <font color=\"#ff0000\">two</font>\n<b>a < b</b> & <Anna> &amp; {x}\n")),
            "1000-2000 One two\na < b & <Anna> &amp; {x}|");
}

TEST(Import, OrderOverlapsEmptyAndEndlessCues) {
  EXPECT_EQ(shown(read("1\n00:00:05,000 --> 00:00:06,000\nLate\n\n2\n00:00:01,000 --> 00:00:09,000\nLong\n\n3\n00:00:02,000 --> 00:00:03,000\n\n"
                       "4\n00:00:04,000 --> 00:00:04,000\nEndless\n\n5\n00:00:20,000 --> 00:00:10,000\nBackwards")),
            "1000-9000 Long|4000-5000 Endless|5000-6000 Late|20000-22000 Backwards|");
  const auto segments = read("00:00:05,000 --> 00:00:06,000\nB\n\n00:00:01,000 --> 00:00:02,000\nA");
  EXPECT_EQ(segments[0].index, 0);
  EXPECT_EQ(segments[1].index, 1);
}

TEST(ImportVtt, BlocksSettingsIdsAndEntities) {
  EXPECT_EQ(shown(read("WEBVTT - a title\nKind: captions\n\nNOTE 00:00:00.000 is\nnot a cue\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:fred\n\n"
                       "intro\n01:00.000 --> 01:02.000 align:start position:10%\n<v.loud Anna>Tom &amp; <i.x>Jerry</i> &lt;3&nbsp;</v>\n\n"
                       "00:02:00.500 --> 00:02:01.000\n<c.yellow>Hi</c> <lang en>there</lang> <b>3 < 4</b>\n\nNOTE end\n")),
            "60000-62000 Anna: Tom & Jerry <3\xC2\xA0|120500-121000 Hi there 3 < 4|");
  EXPECT_EQ(shown(read("00:01.000 --> 00:02.000\nWithout a head &gt;", SubtitleFormat::kVtt)), "1000-2000 Without a head >|");
  EXPECT_EQ(shown(read("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>Hi\n<v Bob>Hello", SubtitleFormat::kSrt)), "1000-2000 Anna: Hi\nBob: Hello|");
  EXPECT_EQ(shown(read("WEBVTT\n\n00:01.000 --> 00:02.000\n<ruby>漢<rt>かん</rt></ruby>字")), "1000-2000 漢(かん)字|");
}

TEST(ImportVtt, InlineTimesAreWordTimes) {
  const auto segments = read("WEBVTT\n\n00:01.000 --> 00:03.000\nOne <00:01.500>two<00:02.000> <c>three four</c>\n");
  ASSERT_EQ(segments.size(), 1U);
  const auto& words = segments[0].words;
  ASSERT_EQ(words.size(), 4U);
  EXPECT_EQ(words[0].text + words[1].text + words[2].text + words[3].text, "One two three four");
  EXPECT_EQ(words[1].start, Milliseconds(1500));
  EXPECT_EQ(words[2].start, Milliseconds(2000));
  EXPECT_EQ(words[3].end, Milliseconds(3000));
}

TEST(Import, Encodings) {
  const std::u16string text = u"1\r\n00:00:01,000 --> 00:00:02,000\r\nOne 字幕 \U0001F600\r\n";
  for (const bool big : {false, true}) {
    for (const bool mark : {false, true}) {
      EXPECT_EQ(shown(read(utf16(text, big, mark))), "1000-2000 One 字幕 \U0001F600|") << big << mark;
    }
  }
  // 我们现在是在说中文，你好世界 in GB18030.
  const std::string chinese = "\xCE\xD2\xC3\xC7\xCF\xD6\xD4\xDA\xCA\xC7\xD4\xDA\xCB\xB5\xD6\xD0\xCE\xC4\xA3\xAC\xC4\xE3\xBA\xC3\xCA\xC0\xBD\xE7";
  EXPECT_EQ(shown(read("1\n00:00:01,000 --> 00:00:02,000\n" + chinese + "\n")), "1000-2000 我们现在是在说中文，你好世界|");
}

TEST(Import, WhatCannotBeReadIsNamedWithItsLine) {
  EXPECT_NE(problem("1\n00:00:01,000 --> 00:00:02,000\ncaf\xE9 et th\xE9\n").find("line 3 is not UTF-8 text (byte 0xE9)"), std::string::npos);
  EXPECT_NE(problem(utf16(u"1\n00:00:01,000 --> 00:00:02,000\nOne\xD800", false, true)).find("line 3 is broken UTF-16"), std::string::npos);
  // Korean in EUC-KR is not taken for Chinese.
  EXPECT_NE(problem("1\n00:00:01,000 --> 00:00:02,000\n\xBE\xC8\xB3\xE7\xC7\xCF\xBC\xBC\xBF\xE4\n").find("line 3"), std::string::npos);
  EXPECT_NE(problem("1\n00:00:01,000 --> 00:00:0x\nOne\n").find("line 2 should be the times of a cue"), std::string::npos);
  EXPECT_NE(problem("1\n00:00:01,000 --> 00:00:02,000\nOne\n\n2\n00:61:00,000 --> 00:00:02,000\n").find("line 6"), std::string::npos);
  EXPECT_NE(problem("\n\nHello\nworld").find("line 3 is 'Hello'"), std::string::npos);
  EXPECT_NE(problem("").find("empty"), std::string::npos);
  EXPECT_NE(problem("{\"segments\": []}").find("no cue was found"), std::string::npos);
}

TEST(Import, Limits) {
  EXPECT_NE(problem(std::string(kMaxImportBytes + 1, ' ')).find("over 16777216 bytes"), std::string::npos);
  std::string many;
  for (std::size_t i = 0; i <= kMaxImportCues; ++i) many += "0:01 --> 0:01\na\n\n";
  EXPECT_NE(problem(many).find("more than 100000 cues"), std::string::npos);
  EXPECT_EQ(read(std::string_view(many).substr(17)).size(), kMaxImportCues);
  EXPECT_NE(problem("0:01 --> 0:02\n" + std::string(kMaxCueBytes + 1, 'x')).find("the cue at line 1 has over 16384 bytes"), std::string::npos);
  EXPECT_NE(problem("1000:00:00,0 --> 1000:00:01,0\nx").find("line 1"), std::string::npos);
}

/// Text as people have it: letters of several scripts, signs that formats use, no blanks at the ends.
rc::Gen<std::string> any_text() {
  const auto piece = rc::gen::element<std::string>("a", "Bob", "字幕", "です", "é", "&", "<", ">", "\\", "{", "-->", "\U0001F600", "1", "&amp;", "<i>", "مرحبا");
  return rc::gen::map(rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(piece)), [](const std::vector<std::string>& parts) {
    std::string out = "x";
    for (const auto& part : parts) out += " " + part;
    return out;
  });
}

RC_GTEST_PROP(ImportRoundTrip, WhatWeExportComesBack, ()) {
  Transcript transcript;
  Milliseconds now{*rc::gen::inRange(0, 40'000'000)};
  const auto count = *rc::gen::inRange(1, 20);
  for (int i = 0; i < count; ++i) {
    Segment segment;
    segment.start = now;
    segment.end = now + Milliseconds(*rc::gen::inRange(1, 9000));
    segment.text = *any_text();
    now += Milliseconds(*rc::gen::inRange(0, 9000));
    transcript.segments.push_back(segment);
  }
  const auto same = [&](const std::vector<Segment>& back, bool known_tags_go) {
    RC_ASSERT(back.size() == transcript.segments.size());
    for (std::size_t i = 0; i < back.size(); ++i) {
      RC_ASSERT(back[i].start == transcript.segments[i].start);
      RC_ASSERT(back[i].end == transcript.segments[i].end);
      std::string wanted = transcript.segments[i].text;
      // SRT has no escape: a tag that somebody says is a tag.
      for (auto at = wanted.find("<i>"); known_tags_go && at != std::string::npos; at = wanted.find("<i>")) wanted.erase(at, 3);
      while (wanted.ends_with(' ')) wanted.pop_back();
      RC_ASSERT(back[i].text == wanted);
    }
  };
  const auto srt = export_transcript(transcript, "srt");
  const auto vtt = export_transcript(transcript, "vtt");
  RC_ASSERT(srt.has_value() && vtt.has_value());
  const auto from_srt = import_subtitles(*srt, SubtitleFormat::kSrt);
  const auto from_vtt = import_subtitles(*vtt, SubtitleFormat::kVtt);
  RC_ASSERT(from_srt.has_value() && from_vtt.has_value());
  same(*from_srt, true);
  same(*from_vtt, false);
}

}  // namespace
}  // namespace zimu::domain
