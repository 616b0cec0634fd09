#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "rate.hpp"

namespace zimu::bench {
namespace {

constexpr std::size_t kBytes = std::size_t{384} << 20U;  // of all threads together
constexpr std::size_t kPiece = std::size_t{1} << 22U;    // a step

using Line = std::uint64_t __attribute__((vector_size(64), may_alias));

}  // namespace

double read_bandwidth(int threads, double seconds) {
  const std::size_t pieces = kBytes / kPiece / static_cast<std::size_t>(threads) + 1;
  return rate(threads, seconds, [pieces](int) -> Step {
    const std::shared_ptr<void> block(std::aligned_alloc(sizeof(Line), pieces * kPiece), std::free);
    std::memset(block.get(), 1, pieces * kPiece);
    return [block, pieces, at = std::make_shared<std::size_t>(0)] {
      const auto* lines = static_cast<const Line*>(block.get()) + *at * (kPiece / sizeof(Line));
      *at = (*at + 1) % pieces;
      Line sums[4] = {};
      for (std::size_t i = 0; i < kPiece / sizeof(Line); i += 4) {
        for (std::size_t k = 0; k < 4; ++k) sums[k] += lines[i + k];
      }
      for (Line& sum : sums) asm volatile("" : : "m"(sum));
      return static_cast<double>(kPiece);
    };
  });
}

}  // namespace zimu::bench
