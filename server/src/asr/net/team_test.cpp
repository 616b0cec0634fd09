#include "asr/net/team.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>
#include <vector>

namespace zimu::asr {
namespace {

using namespace std::chrono_literals;

TEST(Team, DoesEachPieceOnceWhateverTheirNumber) {
  for (const int members : {0, 1, 2, 5}) {
    Team team(members);
    EXPECT_EQ(team.size(), std::max(members, 1));
    for (int round = 0; round < 500; ++round) {
      std::vector<int> done(static_cast<std::size_t>(round % 41));
      // Not atomic: a piece is one member's, and what it did is seen when `each` returns.
      std::vector<int> by(static_cast<std::size_t>(team.size()));
      team.each(static_cast<int>(done.size()), [&](int index, int member) {
        ++done[static_cast<std::size_t>(index)];
        ++by[static_cast<std::size_t>(member)];
      });
      ASSERT_EQ(done, std::vector<int>(done.size(), 1));
      ASSERT_EQ(std::accumulate(by.begin(), by.end(), 0), static_cast<int>(done.size()));
    }
  }
}

TEST(Team, GoesOnAfterItFellAsleep) {
  Team team(3);
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(20ms);  // longer than members look out for work
    std::vector<int> done(8);
    team.each(8, [&](int index, int) {
      done[static_cast<std::size_t>(index)] = index;
      std::this_thread::sleep_for(1ms);
    });
    for (int i = 0; i < 8; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i);
  }
}

TEST(Team, EndsWithoutEverHavingWorked) {
  for (int i = 0; i < 20; ++i) Team idle(4);
}

}  // namespace
}  // namespace zimu::asr
