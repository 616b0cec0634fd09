#include "asr/net/team.hpp"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace zimu::asr {
namespace {

constexpr int kLooks = 10000;  // a good quarter of a millisecond: longer than the serial work between two steps
constexpr int kLooksBeforeYield = 500;
constexpr std::uint64_t kOpen = 1ULL << 31U;
constexpr std::uint64_t kInside = kOpen - 1;

std::uint32_t round_of(std::uint64_t state) { return static_cast<std::uint32_t>(state >> 32U); }

void breathe() {
#if defined(__x86_64__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

Team::Team(int members) : size_(std::max(members, 1)) {
  for (int i = 1; i < size_; ++i) threads_.emplace_back([this, i] { stand_by(i); });
}

Team::~Team() {
  ending_ = true;
  bell_.fetch_add(1, std::memory_order_release);
  bell_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Team::run(int count, Plain work, void* self) {
  if (size_ == 1 || count <= 1) {
    for (int i = 0; i < count; ++i) work(self, i, 0);
    return;
  }
  // Nobody is inside, and nobody can enter before the round is open.
  work_ = work;
  self_ = self;
  count_ = count;
  next_.store(0, std::memory_order_relaxed);
  const std::uint64_t round = round_of(state_.load(std::memory_order_relaxed)) + 1U;
  state_.store(round << 32U | kOpen, std::memory_order_release);
  bell_.fetch_add(1, std::memory_order_release);
  bell_.notify_all();
  take_pieces(0);
  std::uint64_t state = state_.fetch_and(~kOpen, std::memory_order_acq_rel);
  for (int looks = 0; (state & kInside) != 0; ++looks) {
    looks < kLooksBeforeYield ? breathe() : std::this_thread::yield();
    state = state_.load(std::memory_order_acquire);
  }
}

void Team::take_pieces(int member) {
  for (int i = next_.fetch_add(1, std::memory_order_relaxed); i < count_;
       i = next_.fetch_add(1, std::memory_order_relaxed)) {
    work_(self_, i, member);
  }
}

/// Until there is another round than `seen`, or the end.
void Team::wait_for_round(std::uint32_t seen) {
  while (!ending_.load(std::memory_order_acquire)) {
    const std::uint32_t bell = bell_.load(std::memory_order_acquire);
    for (int i = 0; i < kLooks; ++i) {
      if (round_of(state_.load(std::memory_order_acquire)) != seen || ending_) return;
      breathe();
    }
    bell_.wait(bell, std::memory_order_acquire);
  }
}

void Team::stand_by(int member) {
  std::uint32_t seen = 0;
  while (true) {
    wait_for_round(seen);
    if (ending_) return;
    std::uint64_t state = state_.load(std::memory_order_acquire);
    seen = round_of(state);
    while ((state & kOpen) != 0 && round_of(state) == seen) {
      if (!state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel)) continue;
      take_pieces(member);
      state_.fetch_sub(1, std::memory_order_acq_rel);
      break;
    }
  }
}

}  // namespace zimu::asr
