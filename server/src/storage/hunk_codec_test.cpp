#include "storage/hunk_codec.hpp"

#include <gtest/gtest.h>

#include "storage/test_support.hpp"

namespace zimu::storage {
namespace {

using namespace testing;

domain::Hunk hunk(std::size_t at, std::vector<domain::Segment> removed, std::vector<domain::Segment> inserted) {
  domain::Hunk one;
  one.at = at;
  one.removed = std::move(removed);
  one.inserted = std::move(inserted);
  return one;
}

std::vector<domain::Segment> segments(std::int64_t window, const std::string& text) {
  auto all = sample_window(window).segments;
  for (auto& segment : all) segment.text = text + std::to_string(segment.index);
  return all;
}

TEST(HunkCodec, ASummaryIsWhatTheHunksSay) {
  const std::vector<domain::Hunk> hunks{hunk(7, segments(2, "old 旧 "), segments(3, "new ")), hunk(40, {}, segments(9, "later ")),
                                        hunk(50, segments(11, "gone "), {})};
  const auto summary = must(summarize_hunks(encode_hunks(hunks)));
  EXPECT_EQ(summary.hunks, 3U);
  EXPECT_EQ(summary.removed, 4U);
  EXPECT_EQ(summary.inserted, 4U);
  EXPECT_EQ(summary.at, 7U);
  EXPECT_EQ(summary.start.count(), 90'000);
  EXPECT_EQ(summary.before, "old 旧 4");
  EXPECT_EQ(summary.after, "new 6");
}

TEST(HunkCodec, ASummaryOfADeletionOfAnInsertionAndOfNothing) {
  const auto deletion = must(summarize_hunks(encode_hunks(std::vector{hunk(1, segments(2, "old "), {})})));
  EXPECT_EQ(deletion.start.count(), 60'000);
  EXPECT_EQ(deletion.before, "old 4");
  EXPECT_EQ(deletion.after, "");
  const auto insertion = must(summarize_hunks(encode_hunks(std::vector{hunk(1, {}, segments(2, "new "))})));
  EXPECT_EQ(insertion.start.count(), 60'000);
  EXPECT_EQ(insertion.before, "");
  EXPECT_EQ(insertion.after, "new 4");
  const auto nothing = must(summarize_hunks(encode_hunks(std::vector<domain::Hunk>{})));
  EXPECT_EQ(nothing.hunks, 0U);
  EXPECT_EQ(nothing.start.count(), 0);
}

TEST(HunkCodec, WhatIsCutOffOrGoesOnIsDamaged) {
  auto blob = encode_hunks(std::vector{hunk(7, segments(2, "old "), segments(3, "new "))});
  for (std::size_t length = 0; length < blob.size(); ++length) {
    const std::span<const std::byte> part(blob.data(), length);
    EXPECT_EQ(summarize_hunks(part).error().code, ErrorCode::kIo) << length;
    EXPECT_EQ(decode_hunks(part).error().code, ErrorCode::kIo) << length;
  }
  blob.push_back(std::byte{0});
  EXPECT_EQ(summarize_hunks(blob).error().code, ErrorCode::kIo);
  EXPECT_EQ(decode_hunks(blob).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace zimu::storage
