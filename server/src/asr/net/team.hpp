#pragma once
#include <atomic>
#include <cstdint>
#include <thread>
#include <type_traits>
#include <vector>

namespace zimu::asr {

/// A fixed set of threads that share the pieces of one piece of work after the other: the steps of a network are too
/// short to wake a thread for each, so waiting members look again and again for a moment before they sleep. A member
/// that the system does not let run is not waited for: whoever runs does its share.
/// Thread: `each` by one thread at a time, which works along as member 0.
class Team {
 public:
  /// `members`: at least 1, the caller included.
  explicit Team(int members);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const noexcept { return size_; }

  /// `work(index, member)` once for each index in [0, count), handed out one by one to whoever is free; returns when all
  /// are done. It must not throw. `member`: [0, size), whose scratch memory it may use.
  template <class Work>
  void each(int count, Work&& work) {
    using Bare = std::remove_reference_t<Work>;
    run(count, [](void* self, int index, int member) { (*static_cast<Bare*>(self))(index, member); },
        const_cast<void*>(static_cast<const void*>(&work)));
  }

 private:
  using Plain = void (*)(void*, int, int);
  void run(int count, Plain work, void* self);
  void take_pieces(int member);
  void stand_by(int member);
  void wait_for_round(std::uint32_t seen);

  int size_;
  Plain work_ = nullptr;
  void* self_ = nullptr;
  int count_ = 0;
  std::atomic<int> next_{0};
  /// Round in the upper half, whether it may be joined, and how many members are in it.
  std::atomic<std::uint64_t> state_{0};
  std::atomic<std::uint32_t> bell_{0};  // for those who sleep
  std::atomic<bool> ending_{false};
  std::vector<std::thread> threads_;
};

}  // namespace zimu::asr
