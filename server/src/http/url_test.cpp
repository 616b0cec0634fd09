#include "http/url.hpp"

#include <gtest/gtest.h>

#include "base/utf8.hpp"

namespace zimu::http {
namespace {

using std::string_view_literals::operator""sv;

TEST(Percent, DecodesAndRefuses) {
  EXPECT_EQ(percent_decode("a%20b+c"), "a b+c");
  EXPECT_EQ(percent_decode("a%20b+c", true), "a b c");
  for (const char* bad : {"%", "%1", "%g0", "%0g", "a%2"})
    EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
}

TEST(Percent, RoundTripsEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("a-b.c_d~e/ "), "a-b.c_d~e%2F%20");
}

TEST(Query, DecodesInOrder) {
  const auto pairs = parse_query("b=1&a=x+y%21&&flag&b=2");
  ASSERT_TRUE(pairs);
  const std::vector<std::pair<std::string, std::string>> want{
      {"b", "1"}, {"a", "x y!"}, {"flag", ""}, {"b", "2"}};
  EXPECT_EQ(*pairs, want);
}

TEST(Query, RefusesWhatIsNoText) {
  for (const char* bad : {"a=%", "a=%ff", "a=%00", "%zz=1"}) EXPECT_FALSE(parse_query(bad)) << bad;
  std::string many;
  for (int i = 0; i < 300; ++i) many += "a=1&";
  EXPECT_FALSE(parse_query(many));
}

TEST(TargetForm, OriginAndAbsoluteGiveTheSamePath) {
  for (const char* form : {"/a%20b/c?x=1", "http://host:80/a%20b/c?x=1", "HTTPS://h/a%20b/c?x=1"}) {
    const auto target = parse_target("GET", form);
    ASSERT_TRUE(target) << form;
    EXPECT_EQ(target->path, "/a b/c");
    EXPECT_EQ(target->raw_path, "/a%20b/c");
    ASSERT_EQ(target->query.size(), 1U);
  }
  EXPECT_EQ(parse_target("GET", "http://host")->path, "/");
  EXPECT_EQ(parse_target("GET", "http://host?x=1")->path, "/");
  EXPECT_EQ(parse_target("OPTIONS", "*")->path, "*");
}

TEST(TargetForm, RefusesWhatTwoServersCouldReadDifferently) {
  for (const char* bad :
       {"*",       "a",    "host:80",     "ftp://h/a", "http:///a", "http://u@h/a",   "/..",
        "/a/../b", "/./a", "/a/%2e%2E/b", "/a%2f..",   "/%00",      "/a%0ab",         "/%7f",
        "/%ff",    "/%",   "/%4",         "/a#b",      "/a?%",      "/%c0%ae%c0%ae/", "/%ed%a0%80"}) {
    EXPECT_FALSE(parse_target("GET", bad)) << bad;
  }
  EXPECT_TRUE(parse_target("GET", "/...")) << "three dots are a name";
  EXPECT_TRUE(parse_target("GET", "/.well-known/x"));
}

TEST(Utf8, KnowsWellFormedText) {
  EXPECT_TRUE(is_utf8("字幕 é 🎬"));
  for (const auto bad : {"\x80"sv, "\xc1\x81"sv, "\xe0\x80\x80"sv, "\xed\xbf\xbf"sv, "\xf4\x90\x80\x80"sv,
                         "\xf5"sv, "\xe5\xad"sv}) {
    EXPECT_FALSE(is_utf8(bad));
    EXPECT_TRUE(is_utf8(to_utf8(bad)));
  }
  EXPECT_EQ(to_utf8("a\xff"
                    "b"),
            "a\xEF\xBF\xBD"
            "b");
}

}  // namespace
}  // namespace zimu::http
