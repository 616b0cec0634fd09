#include "protocol/messages.hpp"

#include <gtest/gtest.h>

/// Whatever there is to say fits in a line.
namespace zimu::protocol {
namespace {

WindowEvent round_trip(const WindowEvent& event) {
  const std::string line = encode(Event(event));
  EXPECT_LE(line.size(), kMaxLineBytes);
  const auto back = decode_event(line);
  EXPECT_TRUE(back) << back.error().message;
  return back ? std::get<WindowEvent>(*back) : WindowEvent{};
}

TEST(MessageLength, AFailureOfAnyLengthFitsALine) {
  FailedEvent failed{"j", ErrorCode::kInternal, std::string(3U << 20U, '\x01'), std::string(3U << 20U, 'x'), false};
  const std::string line = encode(Event(failed));
  EXPECT_LE(line.size(), kMaxLineBytes);
  ASSERT_TRUE(decode_event(line));
  EXPECT_TRUE(std::get<FailedEvent>(*decode_event(line)).message.ends_with("…"));
}

TEST(MessageLength, AWindowThatIsTooLongLosesTokensThenWordsButNoText) {
  domain::Segment segment{0, Milliseconds{0}, Milliseconds{9}, "the text", "", {}, 0, 0, 0, 0, {}};
  segment.tokens.assign(300'000, 50364);
  segment.words.push_back({Milliseconds{0}, Milliseconds{9}, " the", 1});
  WindowEvent event{"j", {0, Milliseconds{0}, Milliseconds{9}, {segment}, {}, false}};
  auto got = round_trip(event);
  ASSERT_EQ(got.window.segments.size(), 1U);
  EXPECT_TRUE(got.window.segments[0].tokens.empty());
  EXPECT_EQ(got.window.segments[0].words.size(), 1U);

  event.window.segments[0].words.assign(30'000, {Milliseconds{0}, Milliseconds{9}, " a word", 1});
  got = round_trip(event);
  ASSERT_EQ(got.window.segments.size(), 1U);
  EXPECT_TRUE(got.window.segments[0].tokens.empty());
  EXPECT_TRUE(got.window.segments[0].words.empty());
  EXPECT_EQ(got.window.segments[0].text, "the text");

  event.window.coverage = domain::Coverage{Milliseconds{9}, Milliseconds{8}, {}, {}};
  event.window.coverage->left_out.assign(30'000, {Milliseconds{0}, Milliseconds{9}, "repetition", "na"});
  got = round_trip(event);
  ASSERT_TRUE(got.window.coverage);
  EXPECT_TRUE(got.window.coverage->left_out.empty());
  EXPECT_EQ(got.window.coverage->covered, Milliseconds{8});
  EXPECT_EQ(got.window.segments.at(0).text, "the text");
}

}  // namespace
}  // namespace zimu::protocol
