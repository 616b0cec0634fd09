#include "http/blocking_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <thread>

namespace zimu::http {
namespace {

namespace asio = boost::asio;

Awaitable<> ask(BlockingPool& pool, std::function<Result<int>()> fn, Result<int>& out,
                std::thread::id& resumed) {
  out = co_await run_blocking(pool, fn);
  resumed = std::this_thread::get_id();
}

Result<int> run_on(BlockingPool& pool, std::function<Result<int>()> fn) {
  asio::io_context io;
  Result<int> out = 0;
  std::thread::id resumed;
  asio::co_spawn(io, ask(pool, std::move(fn), out, resumed), asio::detached);
  io.run();
  EXPECT_EQ(resumed, std::this_thread::get_id());
  return out;
}

TEST(BlockingPool, ReturnsValuesAndErrorsToTheCaller) {
  BlockingPool pool(2);
  EXPECT_EQ(run_on(pool, [] { return Result<int>(42); }), 42);
  const auto failed = run_on(pool, []() -> Result<int> { return fail(ErrorCode::kNotFound, "gone"); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kNotFound);
}

TEST(BlockingPool, ExceptionsBecomeErrors) {
  BlockingPool pool(1);
  EXPECT_EQ(run_on(pool, []() -> Result<int> { throw std::runtime_error("boom"); }).error().message, "boom");
  EXPECT_EQ(run_on(pool, []() -> Result<int> { throw std::bad_alloc(); }).error().code,
            ErrorCode::kOutOfMemory);
  EXPECT_EQ(run_on(pool, []() -> Result<int> { throw 7; }).error().code, ErrorCode::kInternal);
  ASSERT_TRUE(pool.post([] { throw std::runtime_error("nobody listens"); }));
  EXPECT_EQ(run_on(pool, [] { return Result<int>(1); }), 1) << "the thread lives on";
}

TEST(BlockingPool, FinishesWhatIsQueuedAndTakesNoMore) {
  std::atomic<int> done = 0;
  BlockingPool pool(1);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.post([&done] { ++done; }));
  pool.stop();
  EXPECT_EQ(done, 100);
  EXPECT_FALSE(pool.post([] {}));
  EXPECT_EQ(run_on(pool, [] { return Result<int>(1); }).error().code, ErrorCode::kUnavailable);
}

TEST(BlockingPool, RefusesWhenFull) {
  std::promise<void> go;
  const auto gate = go.get_future().share();
  BlockingPool pool(1);
  std::size_t accepted = 0;
  while (accepted < 2 * BlockingPool::kMaxQueued && pool.post([gate] { gate.wait(); })) ++accepted;
  EXPECT_GE(accepted, BlockingPool::kMaxQueued);
  EXPECT_LE(accepted, BlockingPool::kMaxQueued + 1);
  go.set_value();
}

TEST(BlockingPool, LetsGoOfTheTaskBeforeTheCallerGoesOn) {
  BlockingPool pool(1);
  for (int i = 0; i < 200; ++i) {
    auto token = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = token;
    asio::io_context io;
    bool alive = true;
    struct Call {
      static Awaitable<> run(BlockingPool* pool, std::shared_ptr<int> token, std::weak_ptr<int> watch,
                             bool* alive) {
        std::function<void()> task = [token] { static_cast<void>(*token); };
        token.reset();
        static_cast<void>(co_await run_blocking_task(*pool, std::move(task)));
        *alive = !watch.expired();
      }
    };
    asio::co_spawn(io, Call::run(&pool, std::move(token), watch, &alive), asio::detached);
    io.run();
    EXPECT_FALSE(alive);
  }
}

}  // namespace
}  // namespace zimu::http
