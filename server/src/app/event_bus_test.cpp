#include "app/event_bus.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <memory>
#include <thread>

namespace zimu::app {
namespace {

std::string code_of(const BusEvent& event) { return std::get<SystemNotice>(event.payload).code; }

void publish(EventBus& bus, int number) { bus.publish(SystemNotice{std::to_string(number), "a sentence"}); }

TEST(EventBus, ReplaysWhatCameAfterAnId) {
  EventBus bus;
  const auto before = bus.last_id();
  EXPECT_TRUE(bus.read_after(before, 10).events.empty());
  EXPECT_FALSE(bus.read_after(before, 10).missed);
  for (int i = 0; i < 5; ++i) publish(bus, i);
  EXPECT_EQ(bus.last_id(), before + 5);

  const auto all = bus.read_after(before, 100);
  ASSERT_EQ(all.events.size(), 5U);
  EXPECT_FALSE(all.missed);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(all.events[i].id, before + 1 + i);
    EXPECT_EQ(code_of(all.events[i]), std::to_string(i));
  }
  const auto some = bus.read_after(before + 2, 2);
  ASSERT_EQ(some.events.size(), 2U);
  EXPECT_EQ(code_of(some.events[0]), "2");
  EXPECT_EQ(code_of(some.events[1]), "3");
  EXPECT_TRUE(bus.read_after(bus.last_id(), 10).events.empty());
  EXPECT_TRUE(bus.read_after(before, 0).events.empty());
}

TEST(EventBus, SaysWhenEventsAreGone) {
  EventBus bus;
  const auto before = bus.last_id();
  for (std::size_t i = 0; i < EventBus::kKept; ++i) publish(bus, static_cast<int>(i));
  EXPECT_FALSE(bus.read_after(before, 1).missed) << "all of them are still here";
  publish(bus, -1);
  const auto batch = bus.read_after(before, EventBus::kKept + 10);
  EXPECT_TRUE(batch.missed);
  EXPECT_EQ(batch.events.size(), EventBus::kKept);
  EXPECT_EQ(code_of(batch.events.front()), "1");
  EXPECT_EQ(code_of(batch.events.back()), "-1");
  EXPECT_FALSE(bus.read_after(before + 1, 1).missed);
}

TEST(EventBus, AnIdOfAnotherRunIsAMiss) {
  EventBus bus;
  publish(bus, 1);
  for (const std::uint64_t foreign : {std::uint64_t{0}, bus.last_id() - 2, bus.last_id() + 1,
                                      std::numeric_limits<std::uint64_t>::max()}) {
    const auto batch = bus.read_after(foreign, 10);
    EXPECT_TRUE(batch.missed) << foreign;
    EXPECT_EQ(batch.events.size(), 1U) << foreign;
  }
}

TEST(EventBus, IdsGrowOverRestarts) {
  auto first = std::make_unique<EventBus>();
  for (int i = 0; i < 3; ++i) publish(*first, i);
  const auto last = first->last_id();
  first.reset();
  // Ids begin at the boot time in microseconds: a run makes far fewer than a million events a second.
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EventBus second;
  EXPECT_GT(second.last_id(), last);
  EXPECT_TRUE(second.read_after(last, 10).missed);
}

TEST(EventBus, WakesEverySubscriberAfterEachPublish) {
  EventBus bus;
  int first = 0;
  int second = 0;
  std::uint64_t seen = 0;
  const auto one = bus.subscribe([&] {
    ++first;
    seen = bus.last_id();  // a waker may read
  });
  const auto two = bus.subscribe([&] { ++second; });
  EXPECT_NE(one, two);
  publish(bus, 1);
  EXPECT_EQ(seen, bus.last_id()) << "the event is there before anybody is woken";
  publish(bus, 2);
  bus.unsubscribe(one);
  publish(bus, 3);
  bus.unsubscribe(one);
  bus.unsubscribe(12345);
  EXPECT_EQ(first, 2);
  EXPECT_EQ(second, 3);
  bus.unsubscribe(two);
}

// What a waker uses may go as soon as `unsubscribe` is back: the sanitizers see it if not.
TEST(EventBus, NoWakerRunsAfterUnsubscribeEvenFromAnotherThread) {
  EventBus bus;
  std::atomic<bool> stop{false};
  std::jthread publisher([&] {
    for (int i = 0; !stop; ++i) publish(bus, i);
  });
  for (int round = 0; round < 2000; ++round) {
    auto owned = std::make_unique<std::string>("alive");
    const auto token = bus.subscribe([raw = owned.get()] { raw->append(1, '.').resize(5); });
    bus.unsubscribe(token);
    owned.reset();
  }
  stop = true;
}

TEST(EventBus, ManyThreadsPublishWithoutGaps) {
  EventBus bus;
  const auto before = bus.last_id();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&bus] {
        for (int i = 0; i < 500; ++i) publish(bus, i);
      });
    }
  }
  const auto batch = bus.read_after(before, 5000);
  EXPECT_FALSE(batch.missed);
  ASSERT_EQ(batch.events.size(), 2000U);
  for (std::size_t i = 0; i < batch.events.size(); ++i) ASSERT_EQ(batch.events[i].id, before + 1 + i);
}

}  // namespace
}  // namespace zimu::app
