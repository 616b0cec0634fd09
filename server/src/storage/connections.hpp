#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "storage/full_text.hpp"
#include "storage/sqlite.hpp"

namespace zimu::storage {

/// The connections of one database file: one that writes and checkpoints, used by one thread at a time, and a fixed few
/// that only read. With a single writer nobody in this process ever meets SQLITE_BUSY_SNAPSHOT, and the checkpoint
/// never races with a second writer. Blocking; thread: any.
class Connections {
 public:
  static constexpr std::size_t kReaders = 4;
  static constexpr std::chrono::seconds kReaderWait{30};

  Connections(std::unique_ptr<Database> writer, std::vector<std::unique_ptr<Database>> readers);

  /// One write transaction around `work(Database&)`, a Result: committed when that succeeded, with the full text of what
  /// it changed, else nothing happened.
  template <class Work>
  auto write(Work&& work) -> decltype(work(std::declval<Database&>())) {
    const std::scoped_lock lock(write_mutex_);
    ZIMU_TRY(Transaction transaction, Transaction::begin(*writer_, Transaction::Kind::kWrite));
    auto result = work(*writer_);
    if (!result) return result;
    ZIMU_TRY_VOID(refresh_search(*writer_));
    ZIMU_TRY_VOID(transaction.commit());
    return result;
  }

  /// One snapshot around `work(Database&)`. kUnavailable when no connection comes free in time.
  template <class Work>
  auto read(Work&& work) -> decltype(work(std::declval<Database&>())) {
    ZIMU_TRY(const Lease lease, borrow());
    ZIMU_TRY(const Transaction snapshot, Transaction::begin(*lease.database, Transaction::Kind::kRead));
    return work(*lease.database);
  }

  /// `work(Database&)` on the writer outside a transaction (pragmas).
  template <class Work>
  auto with_writer(Work&& work) -> decltype(work(std::declval<Database&>())) {
    const std::scoped_lock lock(write_mutex_);
    return work(*writer_);
  }

 private:
  struct Lease {
    Connections* owner = nullptr;
    std::unique_ptr<Database> database;
    Lease(Connections* from, std::unique_ptr<Database> lent) : owner(from), database(std::move(lent)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
  };
  Result<Lease> borrow();

  std::mutex write_mutex_;
  std::unique_ptr<Database> writer_;  ///< closed last: the readers may not checkpoint
  std::mutex read_mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Database>> idle_;
};

}  // namespace zimu::storage
