#include "asr/net/step_layout.hpp"

#include <gtest/gtest.h>

namespace zimu::asr {
namespace {

using Runs = std::vector<Run>;

constexpr LayoutRules kExact{.windows = 8, .slots = 16, .positions = 448, .steady = false};
constexpr LayoutRules kSteady{.windows = 8, .slots = 16, .positions = 512, .steady = true};

StepRow row(int slot, int window, int position = 0) { return {.slot = slot, .window = window, .position = position}; }

TEST(StepLayoutTest, NeighboursMakeOneRun) {
  const std::vector<StepRow> rows{row(2, 2, 40), row(3, 3, 5), row(1, 1, 7)};
  const StepLayout layout = lay_out(rows, kExact);
  EXPECT_EQ(layout.order, (std::vector<int>{2, 0, 1}));
  EXPECT_EQ(layout.slots, (Runs{{1, 3, 1}}));
  EXPECT_EQ(layout.windows, (Runs{{1, 3, 1}}));
  EXPECT_TRUE(layout.gather.empty());
  EXPECT_EQ(layout.keys, 64);
}

TEST(StepLayoutTest, BeamsOfAWindowShareItsRun) {
  const std::vector<StepRow> rows{row(4, 2), row(5, 2), row(6, 3), row(7, 3)};
  const StepLayout layout = lay_out(rows, kExact);
  EXPECT_EQ(layout.slots, (Runs{{4, 4, 1}}));
  EXPECT_EQ(layout.windows, (Runs{{2, 2, 2}}));
  EXPECT_TRUE(layout.gather.empty());
  EXPECT_EQ(layout.keys, 32);
}

TEST(StepLayoutTest, HolesPartRunsWhereShapesMayChange) {
  const std::vector<StepRow> rows{row(0, 0), row(1, 1), row(5, 5)};
  const StepLayout layout = lay_out(rows, kExact);
  EXPECT_EQ(layout.slots, (Runs{{0, 2, 1}, {5, 1, 1}}));
  EXPECT_EQ(layout.windows, layout.slots);
  EXPECT_TRUE(layout.gather.empty());
}

TEST(StepLayoutTest, HolesAreFilledWhereShapesAreSteady) {
  const std::vector<StepRow> rows{row(5, 5, 100), row(0, 0)};
  const StepLayout layout = lay_out(rows, kSteady);
  const int none = StepLayout::kFiller;
  EXPECT_EQ(layout.order, (std::vector<int>{1, none, none, none, none, 0, none, none}));
  EXPECT_EQ(layout.slots, (Runs{{0, 8, 1}}));
  EXPECT_EQ(layout.windows, layout.slots);
  EXPECT_EQ(layout.keys, 128);
}

TEST(StepLayoutTest, WindowsInAnotherOrderAreGathered) {
  const std::vector<StepRow> rows{row(0, 3), row(1, 1), row(2, 3)};
  for (const LayoutRules& rules : {kExact, kSteady}) {
    const StepLayout layout = lay_out(rows, rules);
    EXPECT_EQ(layout.windows, (Runs{{1, 1, 1}, {3, 1, 2}}));
    ASSERT_EQ(layout.gather, (std::vector<std::int32_t>{1, 0, 2}));
    ASSERT_GE(layout.scatter.size(), 3U);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(layout.gather[static_cast<std::size_t>(layout.scatter[static_cast<std::size_t>(i)])], i);
    }
  }
}

TEST(StepLayoutTest, APromptKeepsItsRowsTogether) {
  const std::vector<StepRow> rows{row(3, 1, 0), row(3, 1, 1), row(3, 1, 2), row(0, 0, 9)};
  for (const LayoutRules& rules : {kExact, kSteady}) {
    const StepLayout layout = lay_out(rows, rules);
    EXPECT_EQ(layout.order, (std::vector<int>{3, 0, 1, 2}));
    EXPECT_EQ(layout.slots, (Runs{{0, 1, 1}, {3, 1, 3}}));
    EXPECT_EQ(layout.windows, (Runs{{0, 1, 1}, {1, 1, 3}}));
    EXPECT_TRUE(layout.gather.empty());
  }
}

TEST(StepLayoutTest, NoRunReachesPastTheEnd) {
  // Eight rows would need windows 1 to 8.
  const std::vector<StepRow> rows{row(6, 7), row(5, 6), row(4, 5)};
  const StepLayout layout = lay_out(rows, kSteady);
  EXPECT_EQ(layout.slots, (Runs{{0, 8, 1}}));
  EXPECT_EQ(layout.windows, (Runs{{5, 3, 1}}));
  EXPECT_EQ(layout.gather, (std::vector<std::int32_t>{4, 5, 6}));
  EXPECT_EQ(lay_out(std::vector<StepRow>{row(15, 0, 447)}, kExact).keys, 448);
  EXPECT_EQ(lay_out(std::vector<StepRow>{row(15, 0, 447)}, kSteady).keys, 512);
  EXPECT_EQ(lay_out(std::vector<StepRow>{row(15, 0, 447)}, kSteady).order.size(), 16U);
}

}  // namespace
}  // namespace zimu::asr
