#include <gtest/gtest.h>

#include "domain/transcript.hpp"

namespace zimu::domain {
namespace {

using namespace std::chrono_literals;

TEST(Coverage, IsTheShareOfWhatCanBeHeard) {
  EXPECT_DOUBLE_EQ(share_with_text({8s, 6s, {}, {}}), 0.75);
  EXPECT_DOUBLE_EQ(share_with_text({}), 1) << "of silence nothing is missing";
  EXPECT_DOUBLE_EQ(share_with_text({1s, 2s, {}, {}}), 1) << "more than all there is";
}

TEST(Coverage, WindowsAddUp) {
  Coverage all;
  append(all, {10s, 9s, {{2s, 4s}, {28s, 30s}}, {{28s, 30s, "no_speech", "Thank you."}}});
  append(all, {20s, 5s, {{30s, 33s}, {40s, 41s}}, {{40s, 41s, "repetition", "na na"}}});
  EXPECT_EQ(all.audible, 30s);
  EXPECT_EQ(all.covered, 14s);
  ASSERT_EQ(all.gaps.size(), 3U) << "what a window's end cuts is one gap";
  EXPECT_EQ(all.gaps[0].end, 4s);
  EXPECT_EQ(all.gaps[1].start, 28s);
  EXPECT_EQ(all.gaps[1].end, 33s);
  EXPECT_EQ(all.gaps[2].start, 40s);
  ASSERT_EQ(all.left_out.size(), 2U);
  EXPECT_EQ(all.left_out[1].text, "na na");
}

}  // namespace
}  // namespace zimu::domain
