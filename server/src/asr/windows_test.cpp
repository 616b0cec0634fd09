#include "asr/windows.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>

namespace zimu::asr {
namespace {

constexpr std::uint64_t kFrame = kSoundFrameSamples;

struct Run {
  double seconds;
  char kind;  ///< '#' speech, 'm' music, 'n' noise, '?' what the network doubts, '~' the same as a hum, '.' silence
};

std::vector<SoundFrame> frames(const std::vector<Run>& runs) {
  std::vector<SoundFrame> out;
  for (const Run& run : runs) {
    const SoundFrame frame = run.kind == '#'   ? SoundFrame{-25, 0.9F}
                             : run.kind == 'm' ? SoundFrame{-25, 0.02F}
                             : run.kind == 'n' ? SoundFrame{-25, 0.02F}
                             : run.kind == '?' || run.kind == '~' ? SoundFrame{-25, 0.2F}
                                               : SoundFrame{-90, 0.0F};
    for (std::size_t left = static_cast<std::size_t>(run.seconds * 62.5 + 0.5); left > 0; --left) {
      out.push_back(frame);
      if ((run.kind == '#' || run.kind == 'm' || run.kind == '?') && out.size() % 10 < 3) out.back().level -= 10;  // syllables, beats
    }
  }
  return out;
}

std::vector<PackedWindow> windows(std::span<const SoundFrame> all, std::uint64_t samples, std::uint64_t start = 0,
                                  const Packing& packing = {}) {
  std::vector<PackedWindow> out;
  while (start < samples) {
    const auto rest = all.subspan(start / kFrame);
    // What a listener would know: no more than is looked at, or the end.
    const bool ends = rest.size() <= kLookFrames;
    const auto seen = ends ? rest : rest.first(kLookFrames + 1);
    out.push_back(pack(seen, start, ends ? std::optional(samples) : std::nullopt, packing));
    if (out.back().end <= start) return out;  // a defect that tests report; here only not for ever
    start = out.back().end;
  }
  return out;
}
std::vector<PackedWindow> windows(const std::vector<Run>& runs, const Packing& packing = {}) {
  const auto all = frames(runs);
  return windows(all, all.size() * kFrame, 0, packing);
}
double seconds(std::uint64_t samples) { return static_cast<double>(samples) / 16000; }

TEST(Windows, AShortRecordingIsOneWindow) {
  const auto found = windows({{0.5, '.'}, {4, '#'}, {0.7, '.'}, {3, '#'}, {0.5, '.'}});
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].pieces.size(), 1U);  // the short pause stays
  EXPECT_NEAR(seconds(found[0].pieces[0].start), 0.25, 0.03);
  EXPECT_NEAR(seconds(found[0].pieces[0].end()), 8.5, 0.03);
  EXPECT_NEAR(seconds(found[0].end), 8.7, 0.03);
}

TEST(Windows, APauseIsShortened) {
  const auto found = windows({{4, '#'}, {2.5, '.'}, {3, '#'}});
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].pieces.size(), 2U);
  EXPECT_NEAR(seconds(found[0].pieces[0].end()), 4.3, 0.03);
  EXPECT_NEAR(seconds(found[0].pieces[1].start), 6.25, 0.03);
}

TEST(Windows, ALongPauseEndsAWindowAndIsOneOfItsOwn) {
  const auto found = windows({{4, '#'}, {6, '.'}, {3, '#'}});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_NEAR(seconds(found[0].end), 4.3, 0.03);
  EXPECT_TRUE(found[1].silence);
  EXPECT_NEAR(seconds(found[1].end), 9.75, 0.03);
  EXPECT_FALSE(found[2].silence);
}

TEST(Windows, WhereMoreMayBeSkippedAHardPauseEndsAFullWindowOnly) {
  Packing packing;
  packing.longest_skip = Milliseconds{10'000};
  EXPECT_EQ(windows({{4, '#'}, {6, '.'}, {3, '#'}}, packing).size(), 1U);
  EXPECT_EQ(windows({{21, '#'}, {6, '.'}, {3, '#'}}, packing).size(), 3U);
  EXPECT_EQ(windows({{21, '#'}, {2, '.'}, {3, '#'}}, packing).size(), 1U);
}

TEST(Windows, SilenceAloneIsNotHeard) {
  const auto found = windows({{150, '.'}});
  for (const auto& window : found) EXPECT_TRUE(window.silence && window.pieces.empty() && window.left_out.empty());
  EXPECT_LE(found.size(), 3U);
}

TEST(Windows, WhatDoesNotFitGoesOnAfterAPause) {
  const auto found = windows({{22, '#'}, {1.5, '.'}, {12, '#'}});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_NEAR(seconds(found[0].end), 23.25, 0.03);
}

TEST(Windows, SpeechWithoutPausesIsCutWhereItIsQuietest) {
  const auto found = windows({{24, '#'}, {0.4, '.'}, {20, '#'}});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_GT(seconds(found[0].end), 24.0);
  EXPECT_LT(seconds(found[0].end), 24.4);
}

TEST(Windows, SoundThatIsNoSpeechIsReported) {
  const auto found = windows({{4, '#'}, {1, '.'}, {0.8, 'm'}, {1, '.'}, {4, '#'}, {5, '.'}, {3, 'm'}, {2, '.'}});
  ASSERT_EQ(found.size(), 2U);
  ASSERT_EQ(found[0].left_out.size(), 1U);
  EXPECT_NEAR(seconds(found[0].left_out[0].start), 5, 0.05);
  EXPECT_NEAR(seconds(found[0].left_out[0].length), 0.8, 0.05);
  ASSERT_EQ(found[1].left_out.size(), 1U);
  EXPECT_TRUE(found[1].silence);
  EXPECT_NEAR(seconds(found[1].left_out[0].length), 3, 0.05);
  for (const auto& window : windows({{4, '#'}, {5, '.'}, {3, 'n'}, {2, '.'}})) EXPECT_TRUE(window.left_out.empty());
}

TEST(Windows, WhatIsClearlyHeardNeedsLessCertainty) {
  const auto found = windows({{4, '#'}, {1.5, '.'}, {0.8, '?'}, {6, '.'}});
  ASSERT_GE(found.size(), 1U);
  ASSERT_EQ(found[0].pieces.size(), 2U);
  EXPECT_TRUE(found[0].left_out.empty());
  // Not so where it is always equally loud: the network's doubt is all there is.
  for (const auto& window : windows({{4, '.'}, {20, '~'}})) EXPECT_TRUE(window.silence);
}

TEST(Windows, TimesGoBackToTheRecording) {
  PackedWindow window;
  window.start = 16000;
  window.end = 160000;
  window.pieces = {{16000, 16000}, {80000, 32000}};
  const auto at = [&](int ms, AtCut cut = AtCut::kAfter) { return to_recording(window, Milliseconds{ms}, cut).count(); };
  EXPECT_EQ(at(-5), 1000);
  EXPECT_EQ(at(0), 1000);
  EXPECT_EQ(at(999), 1999);
  EXPECT_EQ(at(1000), 5000);
  EXPECT_EQ(at(1000, AtCut::kBefore), 2000);
  EXPECT_EQ(at(1001), 5001);
  EXPECT_EQ(at(3000), 7000);
  EXPECT_EQ(at(30000), 7000);
}

TEST(Windows, PiecesAreJoined) {
  PackedWindow window;
  window.pieces = {{101, 2}, {105, 1}};
  EXPECT_EQ(join_pieces(window, std::vector<float>{0, 1, 2, 3, 4, 5, 6}, 100), (std::vector<float>{1, 2, 5}));
}

rc::Gen<std::vector<SoundFrame>> any_frames() {
  const auto run = rc::gen::apply(
      [](int length, int level, int speech) {
        return std::vector<SoundFrame>(static_cast<std::size_t>(length),
                                       {static_cast<float>(level), static_cast<float>(speech) / 100});
      },
      // Syllables and pauses mostly, now and then a long stretch.
      rc::gen::weightedOneOf<int>({{6, rc::gen::inRange(1, 60)}, {2, rc::gen::inRange(60, 300)},
                                   {1, rc::gen::inRange(300, 3000)}}),
      rc::gen::inRange(-100, -10), rc::gen::weightedOneOf<int>({{2, rc::gen::inRange(0, 15)}, {1, rc::gen::inRange(15, 40)},
                                                                {3, rc::gen::inRange(40, 101)}}));
  return rc::gen::map(rc::gen::resize(120, rc::gen::nonEmpty(rc::gen::container<std::vector<std::vector<SoundFrame>>>(run))),
                      [](const std::vector<std::vector<SoundFrame>>& runs) {
                        std::vector<SoundFrame> out;
                        for (const auto& one : runs) out.insert(out.end(), one.begin(), one.end());
                        return out;
                      });
}

bool inside(const std::vector<Piece>& pieces, std::uint64_t sample) {
  return std::ranges::any_of(pieces, [&](const Piece& piece) { return piece.start <= sample && sample < piece.end(); });
}

RC_GTEST_PROP(WindowsProperty, SpansFollowEachOtherAndHoldTheirPieces, ()) {
  const auto all = *any_frames();
  const std::uint64_t samples = all.size() * kFrame - *rc::gen::inRange<std::uint64_t>(0, kFrame);
  std::uint64_t at = 0;
  for (const PackedWindow& window : windows(all, samples)) {
    RC_ASSERT(window.start == at);
    RC_ASSERT(window.end > at);
    RC_ASSERT(window.length() <= 29U * 16000U);
    RC_ASSERT(window.silence == window.pieces.empty());
    for (const auto* stretches : {&window.pieces, &window.left_out}) {
      std::uint64_t before = window.start;
      for (const Piece& piece : *stretches) {
        RC_ASSERT(piece.length > 0U);
        RC_ASSERT(piece.start >= before);
        before = piece.end();
      }
      RC_ASSERT(before <= window.end);
    }
    for (const Piece& piece : window.left_out) {
      RC_ASSERT(!inside(window.pieces, piece.start));
      RC_ASSERT(!inside(window.pieces, piece.end() - 1));
    }
    at = window.end;
  }
  RC_ASSERT(at == samples);
}

RC_GTEST_PROP(WindowsProperty, AllSpeechIsHeard, ()) {
  const auto all = *any_frames();
  const std::uint64_t samples = all.size() * kFrame;
  std::vector<Piece> pieces;
  for (const PackedWindow& window : windows(all, samples)) pieces.insert(pieces.end(), window.pieces.begin(), window.pieces.end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].speech >= kSpeechOn) RC_ASSERT(inside(pieces, i * kFrame) && inside(pieces, (i + 1) * kFrame - 1));
  }
}

RC_GTEST_PROP(WindowsProperty, BegunAgainAtAnyWindowTheRestIsTheSame, ()) {
  const auto all = *any_frames();
  const std::uint64_t samples = all.size() * kFrame;
  const auto whole = windows(all, samples);
  const auto from = *rc::gen::inRange<std::size_t>(0, whole.size());
  const std::vector<PackedWindow> rest(whole.begin() + static_cast<std::ptrdiff_t>(from), whole.end());
  RC_ASSERT(windows(all, samples, whole[from].start) == rest);
}

RC_GTEST_PROP(WindowsProperty, AWindowMayStartAnywhere, ()) {
  const auto all = *any_frames();
  const std::uint64_t samples = all.size() * kFrame;
  const auto start = *rc::gen::inRange<std::uint64_t>(0, samples);
  const auto found = windows(all, samples, start);
  RC_ASSERT(found.front().start == start);
  RC_ASSERT(found.back().end == samples);
  for (const PackedWindow& window : found) {
    for (const Piece& piece : window.pieces) RC_ASSERT(piece.start >= window.start && piece.end() <= window.end);
  }
}

RC_GTEST_PROP(WindowsProperty, TimesNeverGoBackAndNeverLieInWhatWasCutOut, ()) {
  const auto all = *any_frames();
  for (const PackedWindow& window : windows(all, all.size() * kFrame)) {
    if (window.silence) continue;
    for (const AtCut side : {AtCut::kBefore, AtCut::kAfter}) {
      Milliseconds last{0};
      for (Milliseconds t{0}; t < Milliseconds{30'000}; t += Milliseconds{53}) {
        const Milliseconds at = to_recording(window, t, side);
        RC_ASSERT(at >= last);
        const auto sample = static_cast<std::uint64_t>(at.count()) * 16;
        RC_ASSERT(std::ranges::any_of(window.pieces,
                                      [&](const Piece& piece) { return piece.start <= sample && sample <= piece.end(); }));
        last = at;
      }
    }
  }
}

}  // namespace
}  // namespace zimu::asr
