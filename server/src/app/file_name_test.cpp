#include "app/file_name.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/utf8.hpp"

namespace zimu::app {
namespace {

const std::string kMark = "\xEF\xBF\xBD";

TEST(ValidUtf8, KeepsWhatIsValid) {
  for (const std::string text : {"", "plain", "字幕 👩‍👧 \xF4\x8F\xBF\xBF \xED\x9F\xBF \xEE\x80\x80", "\x7f\t\n"}) EXPECT_EQ(to_utf8(text), text);
  EXPECT_EQ(to_utf8(std::string("a\0b", 3)), std::string("a\0b", 3));
}

// Unicode 15, table 3-8: one mark for each maximal part of a sequence that could have been one.
TEST(ValidUtf8, ReplacesMaximalParts) {
  EXPECT_EQ(to_utf8("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
            "a" + kMark + kMark + kMark + "b" + kMark + "c" + kMark + kMark + "d");
  EXPECT_EQ(to_utf8("\xC0\xAF"), kMark + kMark);
  EXPECT_EQ(to_utf8("\xE0\x80\xAF"), kMark + kMark + kMark);
  EXPECT_EQ(to_utf8("\xED\xA0\x80"), kMark + kMark + kMark);
  EXPECT_EQ(to_utf8("\xF4\x90\x80\x80"), kMark + kMark + kMark + kMark);
  EXPECT_EQ(to_utf8("\xE5\xAD"), kMark);
  EXPECT_EQ(to_utf8("\xFF"), kMark);
}

TEST(CleanLine, ControlCharactersBecomeBlanksAndOuterBlanksGo) {
  EXPECT_EQ(clean_line("  a\tb\r\nc \x7f"), "a b  c");
  EXPECT_EQ(clean_line(std::string("\0a\0", 3)), "a");
  EXPECT_EQ(clean_line("a\xC2\x85" "b\xC2\x9F"), "a b") << "U+0085 and U+009F";
  EXPECT_EQ(clean_line("a\xC2\xA0" "b"), "a\xC2\xA0" "b") << "a no-break space is none";
  EXPECT_EQ(clean_line("é\xC3\x80"), "éÀ");
  EXPECT_EQ(clean_line(" \n\t"), "");
  EXPECT_EQ(clean_line("x\xC2"), "x" + kMark);
}

TEST(DisplayFileName, IsTheLastPartOfAnyPath) {
  EXPECT_EQ(display_file_name("talk.mp4"), "talk.mp4");
  EXPECT_EQ(display_file_name("/etc/passwd"), "passwd");
  EXPECT_EQ(display_file_name("C:\\Users\\me\\My Talk.MP4"), "My Talk.MP4");
  EXPECT_EQ(display_file_name("..\\../x/会议.m4a"), "会议.m4a");
  EXPECT_EQ(display_file_name("a\nb\x01.wav"), "a b .wav");
  EXPECT_EQ(display_file_name("CON"), "CON") << "only shown, never a path";
}

TEST(DisplayFileName, IsNeverEmptyNorOnlyDots) {
  for (const std::string_view raw : {"", ".", "..", "...", "/", "a/", "a\\", " ", "\n", ". .", "/..", "\x01\x02"}) {
    EXPECT_EQ(display_file_name(raw), "recording") << raw;
  }
  EXPECT_EQ(display_file_name(".mp4"), ".mp4");
}

TEST(DisplayFileName, IsCutBetweenCharactersWithItsExtension) {
  const std::string exact = std::string(251, 'a') + ".mp4";
  EXPECT_EQ(display_file_name(exact), exact);
  EXPECT_EQ(display_file_name("a" + exact), exact);
  // 字 has three bytes: 251 are 83 of them and two that are too few.
  std::string chinese;
  for (int i = 0; i < 200; ++i) chinese += "字";
  const std::string cut = display_file_name(chinese + ".mp4");
  EXPECT_EQ(cut.size(), 83 * 3 + 4);
  EXPECT_TRUE(cut.ends_with("字.mp4"));
  EXPECT_EQ(to_utf8(cut), cut);
  const std::string emoji = display_file_name(std::string(254, 'a') + "👧");
  EXPECT_EQ(emoji, std::string(254, 'a'));
  const std::string no_real_extension = display_file_name(std::string(100, 'a') + "." + std::string(300, 'b'));
  EXPECT_EQ(no_real_extension.size(), kMaxFileNameBytes);
}

TEST(DisplayFileName, HoldsItsPromiseForAnyBytes) {
  std::mt19937 random(4);
  for (int round = 0; round < 3000; ++round) {
    std::string raw;
    for (auto n = random() % 400; n > 0; --n) raw += static_cast<char>(random());
    const std::string name = display_file_name(raw);
    ASSERT_FALSE(name.empty());
    ASSERT_LE(name.size(), kMaxFileNameBytes);
    ASSERT_EQ(to_utf8(name), name);
    ASSERT_EQ(name.find_first_of("/\\"), std::string::npos);
    for (const char c : name) ASSERT_GE(static_cast<unsigned char>(c), 0x20);
    const std::string title = title_from(name);
    ASSERT_FALSE(title.empty());
    ASSERT_LE(title.size(), kMaxTitleBytes);
    for (const char c : stored_extension(name)) ASSERT_TRUE(c == '.' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
    ASSERT_LE(stored_extension(name).size(), 9U);
  }
}

TEST(TitleFrom, IsTheNameWithoutItsExtension) {
  EXPECT_EQ(title_from("My.Talk.mp4"), "My.Talk");
  EXPECT_EQ(title_from("talk"), "talk");
  EXPECT_EQ(title_from(".mp4"), ".mp4");
  EXPECT_EQ(title_from(std::string(498, 'a') + "字.mp4"), std::string(498, 'a'));
}

TEST(StoredExtension, IsShortAndPlain) {
  EXPECT_EQ(stored_extension("Talk.MP4"), ".mp4");
  EXPECT_EQ(stored_extension("a.tar.m4a"), ".m4a");
  EXPECT_EQ(stored_extension("a.12345678"), ".12345678");
  for (const char* none : {"a", "a.", ".mp4", "a.123456789", "a.mp 4", "a.字", "a.m/4", "a.mp4 ", "a.m\x01"}) {
    EXPECT_EQ(stored_extension(none), "") << none;
  }
}

TEST(ContentType, IsGuessedFromTheExtension) {
  EXPECT_EQ(content_type_of("a.MKV"), "video/x-matroska");
  EXPECT_EQ(content_type_of("a.opus"), "audio/ogg");
  EXPECT_EQ(content_type_of("a.3gp"), "video/3gpp");
  EXPECT_EQ(content_type_of("a.wma"), "audio/x-ms-wma");
  EXPECT_EQ(content_type_of("a.exe"), "application/octet-stream");
  EXPECT_EQ(content_type_of("mp3"), "application/octet-stream");
}

}  // namespace
}  // namespace zimu::app
