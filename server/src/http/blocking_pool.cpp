#include "http/blocking_pool.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <thread>

#include "base/check.hpp"
#include "http/asio_compat.hpp"

namespace zimu::http {
namespace {

namespace asio = boost::asio;

/// One of the four places that catch everything: a task's exception must not end the process.
Result<> run_guarded(const std::function<void()>& task) noexcept {
  try {
    task();
    return {};
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "there was not enough memory for this request");
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInternal, error.what());
  } catch (...) {
    return fail(ErrorCode::kInternal, "an unknown exception in a blocking task");
  }
}

/// Shared by the waiting coroutine and the task; the pool writes `result` before it posts, the I/O thread
/// reads after.
struct Completion {
  explicit Completion(const asio::any_io_executor& executor)
      : wake(executor, asio::steady_timer::time_point::max()) {}
  asio::steady_timer wake;  ///< never expires; cancelled when the task is done. Thread: I/O.
  bool done = false;        ///< Thread: I/O.
  Result<> result;
};

}  // namespace

struct BlockingPool::Impl {
  std::mutex mutex;
  std::condition_variable filled;
  std::deque<std::function<void()>> queue;
  bool stopping = false;
  std::vector<std::thread> threads;

  void work() {
    while (true) {
      std::function<void()> task;
      {
        std::unique_lock lock(mutex);
        filled.wait(lock, [this] { return stopping || !queue.empty(); });
        if (queue.empty()) return;
        task = std::move(queue.front());
        queue.pop_front();
      }
      // Tasks that are waited for report through their own guard; a bare `post` has nobody to tell.
      static_cast<void>(run_guarded(task));
    }
  }
};

BlockingPool::BlockingPool(std::size_t threads) : impl_(std::make_unique<Impl>()) {
  ZIMU_CHECK(threads > 0);
  for (std::size_t i = 0; i < threads; ++i)
    impl_->threads.emplace_back([impl = impl_.get()] { impl->work(); });
}

BlockingPool::~BlockingPool() {
  stop();
}

bool BlockingPool::post(std::function<void()> task) {
  {
    const std::scoped_lock lock(impl_->mutex);
    if (impl_->stopping || impl_->queue.size() >= kMaxQueued) return false;
    impl_->queue.push_back(std::move(task));
  }
  impl_->filled.notify_one();
  return true;
}

void BlockingPool::stop() {
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->filled.notify_all();
  for (std::thread& thread : impl_->threads) {
    ZIMU_CHECK(thread.get_id() != std::this_thread::get_id());
    if (thread.joinable()) thread.join();
  }
}

Awaitable<Result<>> run_blocking_task(BlockingPool& pool, std::function<void()> task) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto completion = std::make_shared<Completion>(executor);
  std::function<void()> job = [ours = completion, executor, task = std::move(task)]() mutable {
    ours->result = run_guarded(task);
    // Everything the task holds is let go before the waiting coroutine goes on, and the timer is never
    // destroyed on this thread: its io_context may be gone by then.
    task = nullptr;
    asio::post(executor, [completion = std::move(ours)] {
      completion->done = true;
      completion->wake.cancel();
    });
  };
  if (!pool.post(std::move(job))) {
    co_return fail(ErrorCode::kUnavailable, "the server is too busy or stopping", "try again in a moment");
  }
  while (!completion->done) co_await completion->wake.async_wait(kAsTuple);
  co_return std::move(completion->result);
}

}  // namespace zimu::http
