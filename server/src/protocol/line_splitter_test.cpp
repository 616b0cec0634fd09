#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "protocol/messages.hpp"

namespace zimu::protocol {
namespace {

std::vector<std::string> take_all(LineSplitter& splitter) {
  std::vector<std::string> lines;
  while (auto line = splitter.next()) lines.push_back(std::move(*line));
  return lines;
}

TEST(LineSplitter, GivesTheSameLinesForPiecesOfAnySize) {
  const std::string text = "one\n\n{\"a\":1}\r\n\xe5\xad\x97\xff\nlong " + std::string(300, 'x') + "\nlast without end";
  const std::vector<std::string> expected{"one", "", "{\"a\":1}\r", "\xe5\xad\x97\xff", "long " + std::string(300, 'x')};
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    LineSplitter splitter;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      ASSERT_TRUE(splitter.feed(std::string_view(text).substr(at, piece)));
      // Sometimes nobody takes for a while.
      if ((at / piece) % 3 == 0) {
        for (auto& line : take_all(splitter)) lines.push_back(std::move(line));
      }
    }
    for (auto& line : take_all(splitter)) lines.push_back(std::move(line));
    ASSERT_EQ(lines, expected) << piece;
    ASSERT_TRUE(splitter.feed("\n"));
    ASSERT_EQ(splitter.next(), "last without end");
    ASSERT_EQ(splitter.next(), std::nullopt);
  }
}

TEST(LineSplitter, GivesTheSameLinesForRandomPieces) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    std::vector<std::string> expected(1);
    for (int i = 0; i < 400; ++i) {
      const char c = random() % 7 == 0 ? '\n' : static_cast<char>('a' + random() % 26);
      text += c;
      if (c == '\n') {
        expected.emplace_back();
      } else {
        expected.back() += c;
      }
    }
    expected.pop_back();
    LineSplitter splitter;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t piece = random() % 23;
      ASSERT_TRUE(splitter.feed(std::string_view(text).substr(at, piece)));
      at += piece;
      if (random() % 2 == 0) {
        if (auto line = splitter.next()) lines.push_back(std::move(*line));
      }
    }
    for (auto& line : take_all(splitter)) lines.push_back(std::move(line));
    ASSERT_EQ(lines, expected);
  }
}

TEST(LineSplitter, TakesALineOfExactlyTheLimit) {
  for (const std::size_t piece : {std::size_t{65'536}, std::size_t{1} << 21U}) {
    LineSplitter splitter;
    const std::string line(kMaxLineBytes, 'x');
    const std::string text = line + "\n" + line + "\n";
    for (std::size_t at = 0; at < text.size(); at += piece) {
      ASSERT_TRUE(splitter.feed(std::string_view(text).substr(at, piece)));
    }
    EXPECT_EQ(splitter.next(), line);
    EXPECT_EQ(splitter.next(), line);
    EXPECT_EQ(splitter.next(), std::nullopt);
  }
}

TEST(LineSplitter, RefusesALongerLineForEverButKeepsTheWholeOnesBeforeIt) {
  for (const std::size_t piece : {std::size_t{100}, std::size_t{65'536}, std::size_t{1} << 22U}) {
    LineSplitter splitter;
    const std::string text = "first\nsecond\n" + std::string(kMaxLineBytes + 1, 'x') + "\nafter\n";
    Result<> fed;
    std::size_t at = 0;
    for (; at < text.size() && fed; at += piece) fed = splitter.feed(std::string_view(text).substr(at, piece));
    ASSERT_FALSE(fed) << piece;
    EXPECT_EQ(fed.error().code, ErrorCode::kProtocol);
    EXPECT_LE(at, kMaxLineBytes + 13 + 2 * piece) << "found out late";
    EXPECT_FALSE(splitter.feed("more\n"));
    EXPECT_EQ(take_all(splitter), (std::vector<std::string>{"first", "second"})) << piece;
    EXPECT_FALSE(splitter.feed("\n"));
    EXPECT_EQ(splitter.next(), std::nullopt);
  }
}

TEST(LineSplitter, ManyShortLinesInOnePieceAreNotSlow) {
  LineSplitter splitter;
  const std::string text(1'000'000, '\n');
  ASSERT_TRUE(splitter.feed(text));
  std::size_t lines = 0;
  while (splitter.next()) ++lines;
  EXPECT_EQ(lines, text.size());
}

}  // namespace
}  // namespace zimu::protocol
