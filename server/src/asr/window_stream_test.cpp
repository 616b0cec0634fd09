#include "asr/window_stream.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "asr/speech_like_test.hpp"

namespace zimu::asr {
namespace {

std::vector<PackedWindow> windows(std::span<const float> sound, std::uint64_t start, std::size_t piece) {
  WindowStream stream(start);
  std::vector<PackedWindow> out;
  const auto take = [&] {
    while (auto window = stream.next()) out.push_back(*std::move(window));
  };
  for (std::size_t at = WindowStream::listen_from(start); at < sound.size(); at += piece) {
    stream.push(sound.subspan(at, std::min(piece, sound.size() - at)));
    take();
  }
  stream.finish();
  take();
  return out;
}

std::string repeat(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

/// Some minutes with sentences, pauses, noise and a voice that does not stop.
std::vector<float> talk() {
  const std::string text = repeat("aeiou.oiaue.aoeiui........", 10) + repeat("n", 100) + repeat("aeuioaoi.", 60) +
                           repeat(".", 250) + repeat("eiaou", 90) + repeat("......eiau", 20) + repeat(".", 700) + "aeioueo";
  auto out = Voice().say(text);
  out.resize(out.size() - 333);
  return out;
}

TEST(WindowStream, WindowsFollowEachOtherToTheEnd) {
  const auto sound = talk();
  std::uint64_t at = 0;
  for (const PackedWindow& window : windows(sound, 0, 16000)) {
    EXPECT_EQ(window.start, at);
    EXPECT_LE(window.length(), 29U * 16000U);
    at = window.end;
  }
  EXPECT_EQ(at, sound.size());
}

TEST(WindowStream, ThePiecesItGetsDoNotMatter) {
  const auto sound = talk();
  const auto expected = windows(sound, 0, 16000);
  EXPECT_EQ(windows(sound, 0, 3333), expected);
  EXPECT_EQ(windows(sound, 0, sound.size()), expected);
}

TEST(WindowStream, BegunAgainAtAnyWindowTheRestIsTheSame) {
  const auto sound = talk();
  const auto whole = windows(sound, 0, 16000);
  ASSERT_GT(whole.size(), 8U);
  for (std::size_t i = 1; i < whole.size(); ++i) {
    const std::vector<PackedWindow> rest(whole.begin() + static_cast<std::ptrdiff_t>(i), whole.end());
    EXPECT_EQ(windows(sound, whole[i].start, 16000), rest) << i;
  }
}

TEST(WindowStream, SpeechIsHeardAndSilenceIsNot) {
  const auto sound = Voice().say(repeat(".", 40) + repeat("aeiou", 6) + repeat(".", 50) + "oiaue" + repeat(".", 40));
  const auto found = windows(sound, 0, 16000);
  std::vector<Piece> pieces;
  for (const auto& window : found) pieces.insert(pieces.end(), window.pieces.begin(), window.pieces.end());
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_LE(pieces[0].start, 4U * 16000U);
  EXPECT_GE(pieces[0].start, 3.5 * 16000);
  EXPECT_GE(pieces[0].end(), 7U * 16000U);
  EXPECT_LE(pieces[1].start, 12U * 16000U);
  EXPECT_GE(pieces[1].end(), 12.5 * 16000);
  EXPECT_LE(pieces[1].end(), 13.2 * 16000);
}

TEST(WindowStream, ARecordingMayBeEmptyOrShorterThanAFrame) {
  EXPECT_TRUE(windows({}, 0, 1).empty());
  const std::vector<float> few(7, 0.1F);
  const auto found = windows(few, 0, 1);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].end, 7U);
}

}  // namespace
}  // namespace zimu::asr
