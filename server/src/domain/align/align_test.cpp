#include "domain/align.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include <fmt/format.h>

#include "domain/align/match.hpp"

namespace zimu::domain {
namespace {

/// Words of half a second each, a second apart, in segments of four.
std::vector<Segment> spoken(const std::vector<std::string>& words, const std::string& speaker = "") {
  std::vector<Segment> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i % 4 == 0) out.emplace_back();
    const auto start = Milliseconds(1000 * static_cast<std::int64_t>(i));
    out.back().words.push_back({start, start + Milliseconds(500), " " + words[i], 0.9F});
    out.back().text += (out.back().text.empty() ? "" : " ") + words[i];
    out.back().start = out.back().words.front().start;
    out.back().end = start + Milliseconds(500);
    out.back().speaker = speaker;
  }
  return out;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  for (const char c : text) {
    if (c == ' ' || out.empty()) out.emplace_back();
    if (c != ' ') out.back() += c;
  }
  return out;
}

std::vector<Segment> align(std::string_view text, const std::vector<Segment>& timed) {
  auto out = align_text(text, timed);
  EXPECT_TRUE(out) << (out ? "" : out.error().message);
  return out.value_or(std::vector<Segment>{});
}

std::string texts(const std::vector<Segment>& segments) {
  std::string out;
  for (const auto& s : segments) out += s.text + "|";
  return out;
}

void expect_sound(const std::vector<Segment>& segments) {
  Milliseconds now{0};
  for (const auto& segment : segments) {
    EXPECT_GE(segment.start, now);
    EXPECT_GT(segment.end, segment.start);
    std::string all;
    auto at = segment.start;
    for (const auto& word : segment.words) {
      EXPECT_GE(word.start, at);
      EXPECT_GE(word.end, word.start);
      EXPECT_LE(word.end, segment.end);
      at = word.end;
      all += word.text;
    }
    EXPECT_EQ(all, segment.text);
    now = segment.end;
  }
}

TEST(Align, TakesTheTimesOfTheSameWords) {
  const auto out = align("“And so, my fellow Americans:\nask not!” What your country can do.",
                         spoken(split("and so my fellow americans ask not what your country can do"), "Anna"));
  expect_sound(out);
  EXPECT_EQ(texts(out), "“And so, my fellow Americans:|ask not!”|What your country can do.|");
  EXPECT_EQ(out[0].start, Milliseconds(0));
  EXPECT_EQ(out[1].start, Milliseconds(5000));
  EXPECT_EQ(out[2].words[1].start, Milliseconds(8000));
  EXPECT_EQ(out[2].end, Milliseconds(11500));
  EXPECT_EQ(out[2].speaker, "Anna");
  EXPECT_FLOAT_EQ(out[2].words[1].probability, 0.9F);
}

TEST(Align, WordsHeardOtherwiseTakeTheirTimes) {
  const auto out = align("The colour of the house is grey.", spoken(split("the color of the horse is gray")));
  expect_sound(out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].words[1].start, Milliseconds(1000));
  EXPECT_EQ(out[0].words[1].end, Milliseconds(1500));
  EXPECT_EQ(out[0].words[6].start, Milliseconds(6000));
  EXPECT_FLOAT_EQ(out[0].words[1].probability, 0);
}

TEST(Align, WordsNotHeardTakeTheTimeBetween) {
  const auto out = align("one two extra three. And more was never said", spoken(split("zero one two three")));
  expect_sound(out);
  ASSERT_EQ(out[0].words.size(), 4U);
  EXPECT_EQ(out[0].words[0].start, Milliseconds(1000));
  EXPECT_EQ(out[0].words[2].start, Milliseconds(2500));
  EXPECT_EQ(out[0].words[2].end, Milliseconds(3000));
  EXPECT_EQ(out[1].start, Milliseconds(3500));
  EXPECT_EQ(out[1].end, Milliseconds(3500 + 5 * 300));
  // Without room the words beside give of their time.
  auto timed = spoken(split("one two"));
  timed[0].words[0].end = Milliseconds(1000);
  const auto tight = align("one more two", timed);
  expect_sound(tight);
  EXPECT_GT(tight[0].words[1].end - tight[0].words[1].start, Milliseconds(100));
}

TEST(Align, ChineseByCharacters) {
  std::vector<Segment> timed(1);
  timed[0].words = {{Milliseconds(0), Milliseconds(2000), "我们今天", 0.8F}, {Milliseconds(2000), Milliseconds(3000), "说话", 0.8F}};
  timed[0].end = Milliseconds(3000);
  const auto out = align("我们今天，说ABC话。“你好！”他说。", timed);
  expect_sound(out);
  EXPECT_EQ(texts(out), "我们今天，说ABC话。|“你好！”|他说。|");
  EXPECT_EQ(out[0].words[1].start, Milliseconds(500));
  EXPECT_EQ(out[0].words[4].start, Milliseconds(2000));
}

TEST(Align, SegmentsWithoutWordsShareTheirTime) {
  std::vector<Segment> timed(1);
  timed[0].text = "One two three four";
  timed[0].start = Milliseconds(1000);
  timed[0].end = Milliseconds(3000);
  const auto out = align("One two. Three four.", timed);
  expect_sound(out);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[1].start, Milliseconds(1800));
}

TEST(Align, SentencesAndLongOnes) {
  EXPECT_EQ(texts(align("Mr. Smith paid 3.5 dollars. J. S. Bach did not... or did he? Yes", spoken(split("mr smith paid")))),
            "Mr. Smith paid 3.5 dollars.|J. S. Bach did not... or did he?|Yes|");
  // A wrapped line goes on; a short one and a blank one end.
  EXPECT_EQ(texts(align("this line is long enough to have been wrapped by an editor\nof text\nthen\n\nnext", spoken(split("this line")))),
            "this line is long enough to have been wrapped by an editor of text|then|next|");
  std::string lasting;
  for (int i = 0; i < 40; ++i) lasting += fmt::format("{}word{}{}", i == 0 ? "" : " ", i, i % 7 == 6 ? "," : "");
  std::vector<std::string> words;
  for (int i = 0; i < 40; ++i) words.push_back(fmt::format("word{}", i));
  const auto cut = align(lasting, spoken(words));
  expect_sound(cut);
  ASSERT_GT(cut.size(), 3U);
  for (std::size_t i = 0; i + 1 < cut.size(); ++i) {
    EXPECT_LE(cut[i].end - cut[i].start, Milliseconds(10'000));
    EXPECT_TRUE(cut[i].text.ends_with(',')) << cut[i].text;
  }
}

TEST(Align, Refuses) {
  EXPECT_EQ(align_text("", spoken({"a"})).error().code, ErrorCode::kBadMedia);
  EXPECT_EQ(align_text("?!", spoken({"a"})).error().code, ErrorCode::kBadMedia);
  EXPECT_EQ(align_text("a", {}).error().code, ErrorCode::kBadMedia);
  EXPECT_NE(align_text("Bonjour", spoken(split("good morning"))).error().message.find("no word"), std::string::npos);
  EXPECT_EQ(align_text(std::string(kMaxAlignBytes + 1, 'a'), spoken({"a"})).error().code, ErrorCode::kTooLarge);
  std::string many;
  for (std::size_t i = 0; i <= kMaxAlignTokens; ++i) many += "a ";
  EXPECT_NE(align_text(many, spoken({"a"})).error().message.find("200000 words"), std::string::npos);
}

/// 60,000 words with one in ten heard wrongly, one in twenty missing, one in twenty too many.
TEST(Align, SixtyThousandWordsInTime) {
  std::mt19937 random(7);
  std::vector<std::string> said;
  std::string text;
  std::vector<std::int64_t> true_start;
  for (int i = 0; i < 60'000; ++i) {
    const std::string word = fmt::format("w{}", random() % 3000);
    text += word + (i % 15 == 14 ? ". " : " ");
    const auto chance = random() % 20;
    if (chance == 0) {
      true_start.push_back(-1);
      continue;
    }
    true_start.push_back(1000 * static_cast<std::int64_t>(said.size()));
    said.push_back(chance < 3 ? "wrong" : word);
    if (chance == 3) said.push_back("more");
  }
  const auto began = std::chrono::steady_clock::now();
  const auto out = align(text, spoken(said));
  const auto took = std::chrono::steady_clock::now() - began;
  std::size_t i = 0;
  int near = 0;
  int known = 0;
  for (const auto& segment : out) {
    for (const auto& word : segment.words) {
      const auto truth = true_start[i++];
      if (truth < 0) continue;
      ++known;
      if (std::abs(word.start.count() - truth) <= 1000) ++near;
    }
  }
  EXPECT_EQ(i, 60'000U);
  EXPECT_GT(near, known * 97 / 100);
  EXPECT_LT(took, std::chrono::seconds(20)) << "with sanitizers";
}

TEST(Align, NothingInCommonEndsSoon) {
  std::vector<std::uint32_t> a;
  std::vector<std::uint32_t> b;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    a.push_back(i % 2);       // no run of three is alone
    b.push_back(2 + i % 3);
  }
  b[50'000] = 1;
  const auto began = std::chrono::steady_clock::now();
  EXPECT_LE(align::match(a, b).size(), 1U);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
}

TEST(Align, MatchesAsManyAsThereAre) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint32_t> a(random() % 30);
    std::vector<std::uint32_t> b(random() % 30);
    for (auto& one : a) one = static_cast<std::uint32_t>(random() % 5);
    for (auto& one : b) one = static_cast<std::uint32_t>(random() % 5);
    std::vector<std::vector<std::size_t>> most(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t j = 0; j < b.size(); ++j) {
        most[i + 1][j + 1] = a[i] == b[j] ? most[i][j] + 1 : std::max(most[i][j + 1], most[i + 1][j]);
      }
    }
    const auto pairs = align::match(a, b);
    EXPECT_EQ(pairs.size(), most[a.size()][b.size()]);
    for (std::size_t k = 0; k < pairs.size(); ++k) {
      EXPECT_EQ(a[pairs[k].first], b[pairs[k].second]);
      EXPECT_TRUE(k == 0 || (pairs[k - 1].first < pairs[k].first && pairs[k - 1].second < pairs[k].second));
    }
  }
}

}  // namespace
}  // namespace zimu::domain
