#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/edit/operations.hpp"
#include "domain/edit/retime.hpp"

namespace zimu::domain {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Segment spoken(std::int64_t start, std::int64_t end, std::string text, std::vector<Word> words = {}) {
  Segment segment;
  segment.start = Milliseconds(start);
  segment.end = Milliseconds(end);
  segment.text = std::move(text);
  segment.words = std::move(words);
  return segment;
}

Segment ask() {
  return spoken(1000, 3000, "And so my fellow", {{1000ms, 1400ms, " And", 0.9F}, {1400ms, 1800ms, " so", 0.8F},
                                                  {2000ms, 2300ms, " my", 0.7F}, {2300ms, 3000ms, " fellow", 0.6F}});
}

std::vector<std::string> texts(const std::vector<Segment>& segments) {
  std::vector<std::string> out;
  for (const auto& segment : segments) out.push_back(segment.text);
  return out;
}

std::vector<std::string> shown(const std::vector<Word>& words) {
  std::vector<std::string> out;
  for (const auto& w : words) {
    out.push_back(w.text + "@" + std::to_string(w.start.count()) + "-" + std::to_string(w.end.count()));
  }
  return out;
}

std::vector<Segment> three() {
  auto list = std::vector{spoken(0, 900, "First."), ask(), spoken(4000, 5000, "Last.")};
  for (std::size_t i = 0; i < list.size(); ++i) list[i].index = static_cast<std::int64_t>(i);
  return list;
}

std::vector<Segment> after(std::vector<Segment> segments, const std::vector<Operation>& operations) {
  const auto before = segments;
  const auto hunks = edit(segments, operations, "en");
  EXPECT_TRUE(hunks.has_value()) << hunks.error().message;
  if (!hunks) return {};
  auto done = before;
  apply_hunks(done, *hunks);
  EXPECT_TRUE(std::equal(done.begin(), done.end(), segments.begin(), segments.end(), alike)) << "the hunks are what was done";
  apply_hunks(done, inverse(*hunks));
  EXPECT_TRUE(std::equal(done.begin(), done.end(), before.begin(), before.end(), alike)) << "and can be undone";
  return segments;
}

std::string refused(const Operation& operation) {
  auto segments = three();
  const auto hunks = edit(segments, std::vector{operation}, "en");
  EXPECT_FALSE(hunks.has_value());
  EXPECT_TRUE(std::equal(segments.begin(), segments.end(), three().begin(), alike)) << "nothing was changed";
  return hunks ? "" : hunks.error().message;
}

TEST(Retime, KeepsWhatIsStillThere) {
  EXPECT_THAT(shown(retime_words(ask(), "And so my fellow")),
              ElementsAre(" And@1000-1400", " so@1400-1800", " my@2000-2300", " fellow@2300-3000"));
  EXPECT_THAT(shown(retime_words(ask(), "And so, my fellow")),
              ElementsAre(" And@1000-1400", " so,@1400-1800", " my@2000-2300", " fellow@2300-3000"));
  EXPECT_THAT(shown(retime_words(ask(), "And my fellow")), ElementsAre(" And@1000-1400", " my@2000-2300", " fellow@2300-3000"));
  EXPECT_THAT(shown(retime_words(ask(), "And so my dear fellow")),
              ElementsAre(" And@1000-1400", " so@1400-1800", " my@2000-2300", " dear@2300-2300", " fellow@2300-3000"));
  EXPECT_THAT(shown(retime_words(ask(), "And thus indeed my fellow")),
              ElementsAre(" And@1000-1400", " thus@1400-1560", " indeed@1560-1800", " my@2000-2300", " fellow@2300-3000"));
  EXPECT_THAT(shown(retime_words(ask(), "Nothing")), ElementsAre(" Nothing@1000-3000"));
}

TEST(Retime, OfANewWordIsCertain) {
  const auto words = retime_words(ask(), "And so your fellow");
  EXPECT_FLOAT_EQ(words[0].probability, 0.9F);
  EXPECT_FLOAT_EQ(words[2].probability, 1.0F);
}

TEST(Retime, Chinese) {
  const auto weather = spoken(0, 2000, "今天天气好", {{0ms, 800ms, "今天", 0.9F}, {800ms, 1600ms, "天气", 0.9F}, {1600ms, 2000ms, "好", 0.9F}});
  EXPECT_THAT(shown(retime_words(weather, "今天天气很好。")),
              ElementsAre("今天@0-800", "天气@800-1600", "很@1600-1733", "好。@1733-2000"));
  EXPECT_THAT(shown(retime_words(weather, "今日天气好")),
              ElementsAre("今@0-400", "日@400-800", "天气@800-1600", "好@1600-2000"));
}

TEST(Retime, WithoutWordsThereAreNone) {
  EXPECT_TRUE(retime_words(spoken(0, 1000, "a b"), "c").empty());
  EXPECT_THAT(shown(spread_words(0ms, 900ms, "ab c")), ElementsAre("ab@0-600", " c@600-900"));
}

TEST(Edit, TextTimesAndSpeaker) {
  const auto done = after(three(), {SetText{1, " And so, my fellow \r\n"}, SetTimes{1, 1200ms, 2900ms}, SetSpeaker{1, " Anna "}});
  EXPECT_EQ(done[1].text, "And so, my fellow");
  EXPECT_EQ(done[1].speaker, "Anna");
  EXPECT_THAT(shown(done[1].words), ElementsAre(" And@1200-1400", " so,@1400-1800", " my@2000-2300", " fellow@2300-2900"));
}

TEST(Edit, SegmentThatIsMovedTakesItsWordsAlong) {
  const auto done = after(three(), {SetTimes{2, 9000ms, 9900ms}, SetTimes{1, 5000ms, 7000ms}});
  EXPECT_THAT(shown(done[1].words), ElementsAre(" And@5000-5400", " so@5400-5800", " my@6000-6300", " fellow@6300-7000"));
}

TEST(Edit, WordsThatWerePutInGetTheRoomThatIsMadeForThem) {
  // At the end of a line there is no time left for them; then somebody gives the line more.
  const auto longer = after(three(), {SetText{1, "And so my fellow Americans, ask"}, SetTimes{1, 1000ms, 3900ms}});
  EXPECT_THAT(shown(longer[1].words), ElementsAre(" And@1000-1400", " so@1400-1800", " my@2000-2300", " fellow@2300-3000",
                                                  " Americans,@3000-3692", " ask@3692-3900"));
  const auto earlier = after(three(), {SetText{1, "Well And so my fellow"}, SetTimes{1, 600ms, 3000ms}});
  EXPECT_THAT(shown(earlier[1].words), ElementsAre(" Well@600-1000", " And@1000-1400", " so@1400-1800", " my@2000-2300",
                                                   " fellow@2300-3000"));
  // Where no room is made they stay where they are.
  const auto same = after(three(), {SetText{1, "And so my fellow Americans"}, SetTimes{1, 900ms, 3000ms}});
  EXPECT_EQ(shown(same[1].words).back(), " Americans@3000-3000");
}

TEST(Edit, SplitAndMergeAreEachOthersInverse) {
  const auto split = after(three(), {SplitSegment{1, 7}});
  ASSERT_THAT(texts(split), ElementsAre("First.", "And so", "my fellow", "Last."));
  EXPECT_EQ(split[1].end, 1800ms);
  EXPECT_EQ(split[2].start, 2000ms);
  EXPECT_EQ(split[3].index, 3);
  const auto merged = after(split, {MergeSegments{1}});
  EXPECT_TRUE(alike(merged[1], ask()));
}

TEST(Edit, SplitWithinAWordAndWithoutWords) {
  const auto within = after(three(), {SplitSegment{1, 12}});
  EXPECT_THAT(texts(within), ElementsAre("First.", "And so my fe", "llow", "Last."));
  EXPECT_THAT(shown(within[2].words), ElementsAre("llow@2533-3000"));
  const auto without = after(three(), {SplitSegment{0, 3}});
  EXPECT_EQ(without[0].text, "Fir");
  EXPECT_EQ(without[1].start, 450ms);
}

TEST(Edit, MergeOfChineseNeedsNoBlank) {
  const std::vector list{spoken(0, 1000, "今天天气", {{0ms, 1000ms, "今天天气", 1}}), spoken(1000, 2000, "很好。")};
  const auto done = after(list, {MergeSegments{0}});
  EXPECT_EQ(done[0].text, "今天天气很好。");
  EXPECT_THAT(shown(done[0].words), ElementsAre("今天天气@0-1000", "很@1000-1333", "好。@1333-2000"));
}

TEST(Edit, InsertAndDelete) {
  const auto done = after(three(), {InsertSegment{1, 900ms, 1000ms, "New one.", "Bo"}, DeleteSegment{0}});
  ASSERT_THAT(texts(done), ElementsAre("New one.", "And so my fellow", "Last."));
  EXPECT_THAT(shown(done[0].words), ElementsAre("New@900-942", " one.@942-1000"));
  EXPECT_THAT(texts(after({}, {InsertSegment{0, 0ms, 1ms, "x", ""}})), ElementsAre("x"));
}

TEST(Edit, SpeakerEverywhere) {
  const auto named = after(three(), {SetSpeaker{0, "A"}, SetSpeaker{2, "A"}, SetSpeaker{1, "B"}, RenameSpeaker{"A", "C"}});
  EXPECT_EQ(named[0].speaker + named[1].speaker + named[2].speaker, "CBC");
}

TEST(Edit, ShiftAndStretch) {
  const auto shifted = after(three(), {ShiftTimes{500ms, 1, kLast}});
  EXPECT_EQ(shifted[0].start, 0ms);
  EXPECT_EQ(shifted[1].words[0].start, 1500ms);
  EXPECT_EQ(shifted[2].end, 5500ms);
  // 25 frames a second played at 24: the whole is longer.
  const auto stretched = after(three(), {StretchTimes{0ms, 0ms, 24'000ms, 25'000ms}});
  EXPECT_EQ(stretched[2].start, 4167ms);
  EXPECT_EQ(stretched[2].end, 5208ms);
}

TEST(Edit, FitCutsByTheRules) {
  const std::string text = "This is a sentence that is far too long for one subtitle, so it has to be cut, and where it is cut a reader would "
                           "like to see the end of a clause.";
  const std::vector list{spoken(0, 12'000, text, spread_words(0ms, 12'000ms, text)), spoken(12'100, 13'000, "Next.")};
  CaptionChoice netflix;
  netflix.preset = "netflix";
  const auto done = after(list, {FitSegments{0, 0, netflix}});
  ASSERT_GE(done.size(), 3U);
  EXPECT_EQ(done.back().text, "Next.");
  EXPECT_LE(done[done.size() - 2].end, 12'100ms);
  std::string whole;
  for (std::size_t i = 0; i + 1 < done.size(); ++i) whole += (i > 0 ? " " : "") + done[i].text;
  std::replace(whole.begin(), whole.end(), '\n', ' ');
  EXPECT_EQ(whole, text);
}

TEST(Edit, TakeReplacesWhatIsMostlyInTheSpan) {
  const std::vector<Segment> draft{spoken(950, 2000, "Another"), spoken(2000, 3000, "text.")};
  EXPECT_THAT(texts(after(three(), {TakeSegments{950ms, 3000ms, draft}})), ElementsAre("First.", "Another", "text.", "Last."));
  EXPECT_THAT(texts(after(three(), {TakeSegments{950ms, 3000ms, {}}})), ElementsAre("First.", "Last."));
  EXPECT_THAT(texts(after(three(), {TakeSegments{5500ms, 6000ms, {spoken(5500, 6000, "End.")}}})),
              ElementsAre("First.", "And so my fellow", "Last.", "End."));
  EXPECT_THAT(texts(after(three(), {TakeSegments{3100ms, 3900ms, {spoken(3200, 3900, "Between.")}}})),
              ElementsAre("First.", "And so my fellow", "Between.", "Last."));
}

TEST(Edit, SaysWhatCannotBeDone) {
  EXPECT_THAT(refused(SetText{9, "x"}), HasSubstr("there is no segment 9; the transcript has 3"));
  EXPECT_THAT(refused(SetText{0, " \n"}), HasSubstr("empty"));
  EXPECT_THAT(refused(SetText{0, "\x01"}), HasSubstr("control character"));
  EXPECT_THAT(refused(SetText{0, "\xFF"}), HasSubstr("UTF-8"));
  EXPECT_THAT(refused(SetText{0, std::string(kMaxSegmentBytes + 1, 'x')}), HasSubstr("16384"));
  EXPECT_THAT(refused(SetTimes{0, 5ms, 5ms}), HasSubstr("end before it begins"));
  EXPECT_THAT(refused(SetTimes{0, -1ms, 5ms}), HasSubstr("before the recording"));
  EXPECT_THAT(refused(SetTimes{0, 2000ms, 5000ms}), HasSubstr("after the one below"));
  EXPECT_THAT(refused(SetTimes{2, 500ms, 5000ms}), HasSubstr("before the one above"));
  EXPECT_THAT(refused(SetSpeaker{0, std::string(kMaxSpeakerBytes + 1, 'x')}), HasSubstr("200"));
  EXPECT_THAT(refused(RenameSpeaker{"Nobody", "x"}), HasSubstr("nobody is called 'Nobody'"));
  EXPECT_THAT(refused(SplitSegment{0, 0}), HasSubstr("between two"));
  EXPECT_THAT(refused(SplitSegment{0, 99}), HasSubstr("between two"));
  EXPECT_THAT(refused(MergeSegments{2}), HasSubstr("last one"));
  EXPECT_THAT(refused(ShiftTimes{-1ms, 0, kLast}), HasSubstr("before the recording"));
  EXPECT_THAT(refused(ShiftTimes{1ms, 2, 1}), HasSubstr("after the last"));
  EXPECT_THAT(refused(StretchTimes{5ms, 5ms, 5ms, 9ms}), HasSubstr("later"));
  EXPECT_THAT(refused(FitSegments{0, 0, {.preset = "none"}}), HasSubstr("none"));
  auto segments = three();
  const auto second = edit(segments, std::vector<Operation>{DeleteSegment{0}, DeleteSegment{7}}, "en");
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("operation 1: "));
  EXPECT_EQ(segments.size(), 3U) << "all or none";
}

TEST(Edit, ChangesNothingWhereNothingIsNew) {
  auto segments = three();
  const auto hunks = edit(segments, std::vector<Operation>{SetText{0, "First."}, SetTimes{1, 1000ms, 3000ms}}, "en");
  ASSERT_TRUE(hunks);
  EXPECT_TRUE(hunks->empty());
}

TEST(Difference, IsSmall) {
  const auto from = three();
  auto to = from;
  to[0].text = "Other.";
  to.erase(to.begin() + 1);
  to.push_back(spoken(6000, 7000, "More."));
  const auto hunks = difference(from, to);
  ASSERT_EQ(hunks.size(), 2U);
  auto done = from;
  apply_hunks(done, hunks);
  EXPECT_THAT(texts(done), ElementsAre("Other.", "Last.", "More."));
  EXPECT_TRUE(difference(from, from).empty());
}

}  // namespace
}  // namespace zimu::domain
