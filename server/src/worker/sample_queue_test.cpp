#include "worker/sample_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace zimu::worker {
namespace {

TEST(SampleQueue, HandsOverInOrderAndEnds) {
  SampleQueue queue;
  std::thread producer([&queue] {
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(queue.push({static_cast<float>(i)}));
    queue.finish({});
  });
  for (int i = 0; i < 100; ++i) EXPECT_EQ(queue.pop(), std::vector<float>{static_cast<float>(i)});
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_TRUE(queue.end_result());
  producer.join();
}

TEST(SampleQueue, AnErrorComesAfterTheSamplesBeforeIt) {
  SampleQueue queue;
  ASSERT_TRUE(queue.push({1, 2}));
  queue.finish(fail(ErrorCode::kBadMedia, "damaged"));
  EXPECT_TRUE(queue.pop());
  EXPECT_FALSE(queue.pop());
  ASSERT_FALSE(queue.end_result());
  EXPECT_EQ(queue.end_result().error().code, ErrorCode::kBadMedia);
}

TEST(SampleQueue, AFullQueueHoldsTheProducerUntilSomebodyTakes) {
  SampleQueue queue;
  std::atomic<int> pushed{0};
  constexpr int kPieces = 70;
  std::thread producer([&] {
    for (int i = 0; i < kPieces; ++i) {
      if (!queue.push(std::vector<float>(16000))) return;
      ++pushed;
      EXPECT_LE(pushed.load(), kPieces);
    }
    queue.finish({});
  });
  int taken = 0;
  std::size_t most = 0;
  while (const auto piece = queue.pop()) {
    ++taken;
    most = std::max(most, static_cast<std::size_t>(std::max(pushed.load() - taken, 0)) * 16000);
  }
  producer.join();
  EXPECT_EQ(taken, kPieces);
  EXPECT_LE(most, SampleQueue::kMaxSamples + 16000);
}

TEST(SampleQueue, ClosingFreesAWaitingProducer) {
  SampleQueue queue;
  std::atomic<bool> refused{false};
  std::thread producer([&] {
    while (queue.push(std::vector<float>(16000))) {
    }
    refused = true;
  });
  queue.close();
  producer.join();
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace zimu::worker
