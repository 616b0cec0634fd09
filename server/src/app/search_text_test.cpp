#include "app/search_text.hpp"

#include <gtest/gtest.h>

#include "base/utf8.hpp"

namespace zimu::app {
namespace {

SearchQuery query(std::string_view text) { return parse_search_query(text).value(); }
using Terms = std::vector<std::string>;

/// What a snippet marks, as text.
std::vector<std::string> marked(const Snippet& snippet) {
  std::vector<std::string_view> points;
  std::string_view rest = snippet.text;
  while (!rest.empty()) {
    const auto length = next_codepoint(rest).length;
    points.push_back(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  std::vector<std::string> out;
  for (const Mark& mark : snippet.marks) {
    std::string text;
    for (auto at = mark.start; at < mark.end; ++at) text += points.at(at);
    out.push_back(text);
  }
  return out;
}

TEST(SearchFold, LosesCaseAccentsAndWidth) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"Straße ÉCOLE Ångström", "strasse ecole angstrom"},
      {"e\u0301te\u0301", "ete"},
      {"naïve cœur Øre ŁÓDŹ", "naive coeur ore lodz"},
      {"ĐẶNG Việt", "dang viet"},
      {"Άλφα", "αλφα"},
      {"Ёлка Йод", "елка йод"},
      {"ＺＩＭＵ　１２", "zimu 12"},
      {"ｶﾀｶﾅ", "カタカナ"},
      {"が 今天天氣", "が 今天天氣"},
      {" a \t\n b ", "a b "},
      {std::string("a\0b", 3), "a b"},
      {"it’s “so”", "it's \"so\""},
      {"soft\u00ADhyphen", "softhyphen"},
      {"한국어 𠮷野家", "한국어 𠮷野家"},
      {"\xFF", "\uFFFD"},
  };
  for (const auto& [text, folded] : cases) {
    EXPECT_EQ(fold_for_search(text), folded) << text;
    EXPECT_EQ(fold_with_origin(text).text, folded) << text;
    EXPECT_EQ(fold_with_origin(text).origin.size(), folded.size() + 1) << text;
    EXPECT_EQ(fold_for_search(folded), folded) << "once is enough: " << text;
  }
}

TEST(SearchQuery, WordsPhrasesAndNoOperators) {
  EXPECT_EQ(query("Hello, World").terms, (Terms{"hello", "world"}));
  EXPECT_EQ(query("a \"b  c\" d").terms, (Terms{"a", "b c", "d"}));
  EXPECT_EQ(query("“今天 天气” 好").terms, (Terms{"今天 天气", "好"}));
  EXPECT_EQ(query("\"never closed").terms, (Terms{"never closed"}));
  EXPECT_EQ(query("foo OR bar* NEAR(x)").terms, (Terms{"foo", "or", "bar*", "near(x"}));
  EXPECT_EQ(query("same SAME Säme").terms, (Terms{"same"}));
  EXPECT_EQ(query("今天，天气。「好」").terms, (Terms{"今天,天气。「好"}));
  EXPECT_EQ(query("c++ ?").terms, (Terms{"c++", "?"}));
  EXPECT_EQ(query("").terms, Terms{});
  EXPECT_EQ(query(" \t\"\" \"\"\"").terms, Terms{});
  EXPECT_EQ(query(std::string(kMaxQueryBytes, 'x')).terms.size(), 1U);
  EXPECT_EQ(parse_search_query(std::string(kMaxQueryBytes + 1, 'x')).error().code, ErrorCode::kInvalidArgument);
  std::string many;
  for (std::size_t i = 0; i < kMaxQueryTerms; ++i) many += std::to_string(i) + " ";
  EXPECT_EQ(query(many).terms.size(), kMaxQueryTerms);
  EXPECT_EQ(parse_search_query(many + "one more").error().code, ErrorCode::kInvalidArgument);
}

TEST(SearchScore, AllTermsWholeWordsFirstOrderCounts) {
  const auto score = [](std::string_view wanted, std::string_view text) {
    return search_score(query(wanted), fold_for_search(text));
  };
  EXPECT_FALSE(score("cat dog", "a cat"));
  EXPECT_FALSE(score("", "a cat"));
  EXPECT_FALSE(score("\"a dog\"", "a big dog"));
  EXPECT_GT(score("cat", "a cat"), score("cat", "concatenate"));
  EXPECT_GT(score("cat", "cat. cat?"), score("cat", "cat"));
  EXPECT_GT(score("big cat", "the Big Cat"), score("big cat", "a cat, big"));
  EXPECT_EQ(score("天气", "今天天气很好"), score("weather", "nice weather"));
  EXPECT_EQ(score("ete", "l'été"), score("ete", "l'ete"));
}

TEST(Snippet, MarksCodePointsOfTheOriginal) {
  const auto check = [](std::string_view wanted, std::string_view text, const std::vector<std::string>& expected) {
    EXPECT_EQ(marked(make_snippet(query(wanted), text)), expected) << text;
  };
  check("strasse", " Die Straße, die STRASSE", {"Straße", "STRASSE"});
  check("天气 很好", "今天天气很好🙂", {"天气很好"});
  check("ete", "l'e\u0301te\u0301 et l'été", {"e\u0301te\u0301", "été"});
  check("s", "ß", {"ß"});
  check("a", "🙂a🙂A", {"a", "A"});
  check("b c", "a b c", {"b", "c"});
  EXPECT_EQ(make_snippet(query("one"), " one two ").text, "one two");
  EXPECT_EQ(make_snippet(query("one"), " one two ").marks, (std::vector<Mark>{{0, 3}}));
}

TEST(Snippet, IsAPartOfALongText) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "word" + std::to_string(i) + " ";
  const auto middle = make_snippet(query("word50"), text);
  EXPECT_TRUE(middle.text.starts_with("…word")) << middle.text;
  EXPECT_TRUE(middle.text.ends_with("…")) << middle.text;
  EXPECT_EQ(marked(middle), std::vector<std::string>{"word50"});
  EXPECT_LE(middle.text.size(), kMaxSnippetChars + 6);
  EXPECT_TRUE(make_snippet(query("word1"), text).text.starts_with("word0"));
  EXPECT_TRUE(make_snippet(query("word99"), text).text.ends_with("word99"));

  std::string chinese;
  for (int i = 0; i < 400; ++i) chinese += i == 300 ? "字幕" : "天";
  const auto part = make_snippet(query("字幕"), chinese);
  EXPECT_TRUE(is_utf8(part.text));
  EXPECT_EQ(marked(part), std::vector<std::string>{"字幕"});
  EXPECT_EQ(part.marks.front().start, 49U) << "after the ellipsis and what leads to it";
  EXPECT_TRUE(is_utf8(make_snippet(query("a"), "\xFF a").text));
}

}  // namespace
}  // namespace zimu::app
