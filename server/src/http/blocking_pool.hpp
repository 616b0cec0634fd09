#pragma once
#include <cstddef>
#include <functional>
#include <memory>

#include "http/types.hpp"

namespace zimu::http {

/// A bounded pool of threads for everything that blocks: disk, SQLite, hashing. At most `kMaxQueued` tasks
/// wait; past that `run_blocking` answers kUnavailable.
class BlockingPool {
 public:
  static constexpr std::size_t kMaxQueued = 1024;
  explicit BlockingPool(std::size_t threads);
  ~BlockingPool();  ///< finishes what is queued
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  bool post(std::function<void()> task);  ///< false when full or stopping. Thread: any.
  void stop();                            ///< no new tasks; waits for the queued ones

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Runs `task` on the pool and resumes the caller on its own executor. The task reports failure through its
/// captures; an exception in it becomes kInternal (or kOutOfMemory).
Awaitable<Result<>> run_blocking_task(BlockingPool& pool, std::function<void()> task);

/// `auto media = co_await run_blocking(pool, fn);` where fn returns Result<T>. Bind fn to a named variable
/// first (g++ 12 destroys captured temporaries inside a co_await expression twice).
template <class Fn>
auto run_blocking(BlockingPool& pool, Fn fn) -> Awaitable<decltype(fn())> {
  auto result = std::make_shared<std::optional<decltype(fn())>>();
  std::function<void()> task = [result, fn = std::move(fn)]() mutable { result->emplace(fn()); };
  auto ran = co_await run_blocking_task(pool, std::move(task));
  if (!ran) co_return std::unexpected(std::move(ran).error());
  co_return std::move(**result);
}

}  // namespace zimu::http
