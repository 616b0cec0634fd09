#pragma once
#include <atomic>
#include <barrier>
#include <chrono>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace zimu::bench {

/// Does about a millisecond of work and says how much it was.
using Step = std::function<double()>;

/// How long the threads of all calls of `rate` wanted to work, and how long they had a processor.
struct Spent {
  std::atomic<double> wanted = 0;
  std::atomic<double> had = 0;
};
inline Spent& spent_in_all() {
  static Spent spent;
  return spent;
}
inline double processor_seconds() {
  std::timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// Work a second of `threads` threads together, each with its own Step (`make(thread)`, before the clock starts).
inline double rate(int threads, double seconds, const std::function<Step(int)>& make) {
  using Clock = std::chrono::steady_clock;
  std::barrier ready(threads);
  std::vector<double> rates(static_cast<std::size_t>(threads));
  const auto work = [&](int thread) {
    const Step step = make(thread);
    step();
    ready.arrive_and_wait();
    const auto begin = Clock::now();
    const double had_before = processor_seconds();
    double done = 0;
    std::chrono::duration<double> spent{0};
    while (spent.count() < seconds) {
      done += step();
      spent = Clock::now() - begin;
    }
    rates[static_cast<std::size_t>(thread)] = done / spent.count();
    spent_in_all().wanted += spent.count();
    spent_in_all().had += processor_seconds() - had_before;
  };
  std::vector<std::jthread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(work, thread);
  work(0);
  others.clear();
  double all = 0;
  for (const double one : rates) all += one;
  return all;
}

struct Peak {
  std::string instructions;  ///< which were used
  double operations;         ///< a second; a multiplication and an addition are two
};

/// Registers only, the widest instructions that this processor has; nothing where it has none.
Peak peak_fp32(int threads, double seconds);
std::optional<Peak> peak_bf16(int threads, double seconds);
std::optional<Peak> peak_int8(int threads, double seconds);

/// Bytes a second that are read one after the other from memory (much more than the caches hold).
double read_bandwidth(int threads, double seconds);

/// Operations a second of oneDNN's products, one alone on each thread; nothing where it has none for this processor.
std::optional<double> int8_product(int threads, double seconds);     ///< 1500 × 2048 × 512, a layer of Whisper base
std::optional<double> bf16_attention(int threads, double seconds);   ///< both products of one head, 1500 × 1500 × 64
std::string onednn_version();

}  // namespace zimu::bench
