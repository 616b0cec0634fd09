#include "domain/captions/captions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/captions/captions_fixture_test.hpp"
#include "domain/export.hpp"

namespace zimu::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(const Transcript& cues) {
  std::vector<std::string> out;
  for (const Segment& cue : cues.segments) out.push_back(cue.text);
  return out;
}

std::vector<std::string> rules_broken(const Transcript& cues, const CaptionRules& rules) {
  std::vector<std::string> out;
  for (const auto& v : check_captions(cues, rules)) out.push_back(std::to_string(v.cue) + " " + std::string(v.rule));
  return out;
}

TEST(CaptionRulesOf, DependOnPresetAndLanguage) {
  EXPECT_EQ(rules_of("netflix", "en").line_chars, 42);
  EXPECT_EQ(rules_of("netflix", "en").cps, 20);
  EXPECT_EQ(rules_of("netflix", "de").cps, 17);
  EXPECT_EQ(rules_of("netflix", "zh-CN").line_columns(), 32);
  EXPECT_EQ(rules_of("netflix", "ja").line_columns(), 26);
  EXPECT_EQ(rules_of("bbc").line_chars, 37);
  EXPECT_TRUE(rules_of("zh", "").wide);
}

TEST(CaptionRulesOf, RefusesWhatIsOutOfBounds) {
  const auto refused = [](auto set, int value) {
    CaptionChoice choice;
    set(choice) = value;
    const auto rules = caption_rules(choice, "en");
    EXPECT_TRUE(rules || rules.error().code == ErrorCode::kInvalidArgument);
    return !rules;
  };
  const auto line = [](CaptionChoice& c) -> auto& { return c.line_chars; };
  const auto lines = [](CaptionChoice& c) -> auto& { return c.lines; };
  const auto cps = [](CaptionChoice& c) -> auto& { return c.cps; };
  const auto gap = [](CaptionChoice& c) -> auto& { return c.gap_ms; };
  EXPECT_TRUE(refused(line, kLeastLineChars - 1) && refused(line, kMostLineChars + 1));
  EXPECT_FALSE(refused(line, kLeastLineChars) || refused(line, kMostLineChars));
  EXPECT_TRUE(refused(lines, 0) && refused(lines, kMostLines + 1));
  EXPECT_TRUE(refused(cps, 0) && refused(cps, kMostCps + 1));
  EXPECT_TRUE(refused(gap, -1) && refused(gap, kMostGapMs + 1));
  CaptionChoice crossed;
  crossed.shortest_ms = 5000;
  crossed.longest_ms = 4000;
  EXPECT_FALSE(caption_rules(crossed, "en"));
  CaptionChoice unknown;
  unknown.preset = "vimeo";
  ASSERT_FALSE(check_caption_choice(unknown));
  EXPECT_NE(check_caption_choice(unknown).error().action.find("netflix, bbc, youtube, zh, custom"), std::string::npos);
}

TEST(MakeCaptions, CutsAtSentencesAndKeepsThePreset) {
  const auto transcript = recording({spoken("And so, my fellow Americans, ask not what your country can do for you, ask what "
                                            "you can do for your country. That is what he said.", 300, 350)});
  const auto rules = rules_of("netflix");
  const auto cues = make_captions(transcript, rules);
  EXPECT_THAT(check_captions(cues, rules), IsEmpty());
  EXPECT_EQ(cues.segments.back().text, "That is what he said.");
  EXPECT_EQ(cues.segments.front().start, ms(300)) << "never before the first word";
  EXPECT_EQ(solid(cues), solid(transcript));
}

TEST(MakeCaptions, LinesEndWherePhrasesDo) {
  struct Case {
    std::string language, text, upper;
  };
  const std::vector<Case> cases{
      {"en", "She had been walking all day through the forest.", "She had been walking all day"},
      {"en", "Yesterday evening we finally met Doctor John Smith there.", "Yesterday evening we finally"},
      {"en", "They stayed at home, because it rained the whole day.", "They stayed at home,"},
      {"de", "Gestern haben wir das neue Haus mit dem Garten gesehen.", ""},
      {"fr", "Nous avons passé toute la journée dans la vieille maison.", "Nous avons passé toute la journée"},
      {"es", "Mañana vamos a visitar la casa grande de mis abuelos.", ""},
  };
  for (const Case& c : cases) {
    const auto cues = make_captions(recording({spoken(c.text, 0, 500)}, c.language), rules_of("netflix", c.language));
    ASSERT_EQ(cues.segments.size(), 1U) << c.text;
    const auto lines = lines_of(cues);
    ASSERT_EQ(lines.size(), 2U) << c.text;
    if (!c.upper.empty()) {
      EXPECT_EQ(lines[0], c.upper);
    }
    for (const std::string bad : {" the", " a", " das", " dem", " mit", " la", " de", " mis", " dans", " John", " because"}) {
      EXPECT_FALSE(lines[0].ends_with(bad)) << lines[0];
    }
  }
}

TEST(MakeCaptions, ArticlesStayWithTheirNounEvenForABrokenRule) {
  // Twelve columns a line: the even break is after "the".
  CaptionChoice choice;
  choice.line_chars = 12;
  const auto rules = caption_rules(choice, "en").value();
  for (const std::string& line : lines_of(make_captions(recording({spoken("We saw the big red house by the old mill", 0, 600)}), rules))) {
    EXPECT_FALSE(line.ends_with(" the") || line == "the") << line;
  }
}

TEST(MakeCaptions, BottomLineIsNotTheShorterWhereBothAreAsGood) {
  // Two ways with the same signs: 3+4 or 4+3 words of the same length.
  const auto cues = make_captions(recording({spoken("xxxxxx xxxxxx xxxxxx xxxxxx xxxxxx xxxxxx xxxxxx", 0, 800)}), rules_of("netflix"));
  EXPECT_THAT(lines_of(cues), ElementsAre("xxxxxx xxxxxx xxxxxx", "xxxxxx xxxxxx xxxxxx xxxxxx"));
}

TEST(MakeCaptions, FrenchSignsStayOnTheirLine) {
  CaptionChoice choice;
  choice.line_chars = 14;
  const auto rules = caption_rules(choice, "fr").value();
  for (const std::string& line : lines_of(make_captions(recording({spoken("Est-ce vraiment ? Oui « certainement » !", 0, 600)}, "fr"), rules))) {
    EXPECT_FALSE(line.starts_with('?') || line.starts_with('!') || line.starts_with("»") || line.ends_with("«")) << line;
  }
}

TEST(MakeCaptions, ChineseIsCutByWidthWithKinsoku) {
  Segment s;
  s.start = ms(0);
  s.end = ms(14'000);
  s.text = "大家好，我是字幕（一个本地的工具）。“今天天气很好！”我们在家里听2024年的录音、看书，然后写成文字。";
  const auto rules = rules_of("netflix", "zh");
  const auto cues = make_captions(recording({s}, "zh"), rules);
  EXPECT_THAT(check_captions(cues, rules), IsEmpty());
  for (const std::string& line : lines_of(cues)) {
    EXPECT_LE(captions::columns_of(line, true), 32) << line;
    EXPECT_FALSE(captions::never_begins_line(next_codepoint(line).codepoint) && !line.starts_with("“")) << line;
    EXPECT_FALSE(line.ends_with("（") || line.ends_with("“") || line.ends_with("2") || line.ends_with("0")) << line;
    EXPECT_EQ(line.find(' '), std::string::npos) << line;
  }
  EXPECT_GT(cues.segments.size(), 1U);
}

TEST(MakeCaptions, JapaneseIsNotCutInsideKatakana) {
  Segment s;
  s.end = ms(20'000);
  s.text = "きのうアルバイトのコンピューターでプログラミングをしました。";
  const auto cues = make_captions(recording({s}, "ja"), rules_of("netflix", "ja"));
  for (const std::string& line : lines_of(cues)) {
    EXPECT_FALSE(line.starts_with("ー") || line.ends_with("コン") || line.starts_with("ピュ") || line.ends_with("プログ")) << line;
  }
}

TEST(MakeCaptions, ShortCuesReachIntoTheSilenceAndSmallGapsAreClosed) {
  const auto rules = rules_of("netflix");
  const auto cues = make_captions(recording({spoken("Yes.", 1000, 200), spoken("Well then, good night to you.", 5000, 300),
                                             spoken("Good night.", 7000, 500)}), rules);
  ASSERT_EQ(cues.segments.size(), 3U);
  EXPECT_EQ(cues.segments[0].end, ms(1833)) << "the shortest";
  EXPECT_EQ(cues.segments[1].end, ms(7000 - 83)) << "a silence of 200 ms is closed to two frames";
}

TEST(MakeCaptions, SpeakersNeverShareACue) {
  auto a = spoken("Are you there?", 0, 300), b = spoken("I am.", 900, 300);
  a.speaker = "Anna";
  b.speaker = "Bob";
  const auto cues = make_captions(recording({a, b}), rules_of("netflix"));
  EXPECT_THAT(texts(cues), ElementsAre("Are you there?", "I am."));
  EXPECT_EQ(cues.segments[1].speaker, "Bob");
}

TEST(MakeCaptions, ASpeakersNameCountsInTheFirstLine) {
  auto s = spoken("This sentence has just about forty-two signs.", 0, 600);
  s.text = "A sentence that has exactly forty-two sign";  // edited: 42 columns
  EXPECT_EQ(lines_of(make_captions(recording({s}), rules_of("netflix"))).size(), 1U);
  s.speaker = "Anna";
  EXPECT_EQ(lines_of(make_captions(recording({s}), rules_of("netflix"))).size(), 2U);
}

TEST(MakeCaptions, ASpeakersNameMovesTheLineEnd) {
  // After the comma would be better, but there the name does not fit.
  auto s = spoken("aaaaaaaaa bbbbbbbbb cccccccc, ddddddddd eeeeeeeee", 0, 900);
  CaptionChoice choice;
  choice.line_chars = 30;
  const auto rules = caption_rules(choice, "en").value();
  EXPECT_EQ(lines_of(make_captions(recording({s}), rules))[0], "aaaaaaaaa bbbbbbbbb cccccccc,");
  s.speaker = "Anna";
  EXPECT_THAT(check_captions(make_captions(recording({s}), rules), rules), IsEmpty());
}

TEST(MakeCaptions, EditedTextKeepsTheTimesOfItsWords) {
  auto s = spoken("one two three four five six", 0, 100, 900);
  s.text = "one two three four five sixty";
  CaptionChoice choice;
  choice.line_chars = 8;
  choice.lines = 1;
  const auto cues = make_captions(recording({s}), caption_rules(choice, "en").value());
  ASSERT_GE(cues.segments.size(), 3U);
  for (const Segment& cue : cues.segments) {
    const auto word = cue.text.substr(0, cue.text.find(' '));
    if (word == "three") {
      EXPECT_EQ(cue.start, ms(2000));
    }
  }
}

TEST(MakeCaptions, WordsPutInTakeTimeFromTheirNeighbours) {
  auto s = spoken("one two three four", 0, 1000);
  s.text = "one two and a half three four";
  CaptionChoice choice;
  choice.line_chars = 10;
  choice.lines = 1;
  const auto cues = make_captions(recording({s}), caption_rules(choice, "en").value());
  EXPECT_EQ(cues.segments.back().text, "three four");
  EXPECT_GT(cues.segments.back().start, ms(2000));
  EXPECT_LT(cues.segments.back().start, ms(3000));
}

TEST(MakeCaptions, OneOverlongWordIsReportedNotCut) {
  const auto rules = rules_of("netflix");
  const std::string word(60, 'x');
  const auto cues = make_captions(recording({spoken("see " + word + " there", 0, 2000)}), rules);
  EXPECT_THAT(rules_broken(cues, rules), testing::Contains(testing::EndsWith("line_length")));
  EXPECT_THAT(lines_of(cues), testing::Contains(word));
}

TEST(MakeCaptions, NothingGivesNothing) {
  EXPECT_THAT(make_captions(recording({}), rules_of("bbc")).segments, IsEmpty());
  Segment blank;
  blank.text = " \n ";
  EXPECT_THAT(make_captions(recording({blank}), rules_of("bbc")).segments, IsEmpty());
}

TEST(CheckCaptions, NamesEachRuleWithItsValueAndLimit) {
  const auto rules = rules_of("netflix");
  const auto cue = [](std::int64_t start, std::int64_t end, std::string text) {
    Segment s;
    s.start = ms(start);
    s.end = ms(end);
    s.text = std::move(text);
    return s;
  };
  const auto cues = recording({cue(0, 3000, std::string(43, 'a')), cue(3000, 4000, "a\nb\nc"), cue(3900, 4900, std::string(21, 'b')),
                               cue(5000, 5500, "short"), cue(6000, 14'000, "long")});
  EXPECT_THAT(rules_broken(cues, rules), ElementsAre("0 line_length", "0 gap", "1 line_count", "1 overlap", "2 reading_speed",
                                                     "3 shortest", "4 longest"));
  const auto all = check_captions(cues, rules);
  EXPECT_EQ(all[0].value, 43);
  EXPECT_EQ(all[0].limit, 42);
  EXPECT_EQ(all[3].value, 100);
  EXPECT_EQ(all[4].value, 21);
  for (const auto& v : all) EXPECT_THAT(caption_rule_names(), testing::Contains(v.rule));
}

TEST(ExportWithRules, KaraokeKeepsTheLines) {
  const auto transcript = recording({spoken("She had been walking all day through the forest.", 0, 500)});
  const ExportOptions options{.word_times = true, .rules = rules_of("netflix")};
  const auto vtt = export_transcript(transcript, "vtt", options).value();
  EXPECT_NE(vtt.find(" day\n<00:00:03.000>through"), std::string::npos) << vtt;
  const auto ass = export_transcript(transcript, "ass", options).value();
  EXPECT_NE(ass.find("}through"), std::string::npos) << ass;
  EXPECT_EQ(ass.find('\n', ass.find("Dialogue")), ass.size() - 1);
  EXPECT_NE(ass.find("\\N"), std::string::npos) << ass;
  EXPECT_NE(export_transcript(transcript, "txt", options).value().find("day through"), std::string::npos);
}

}  // namespace
}  // namespace zimu::domain
