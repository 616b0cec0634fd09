#include "asr/net/buffer.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace zimu::asr {
namespace {
constexpr std::size_t kLine = 64;
constexpr std::size_t kHugePage = 2U << 20U;
}  // namespace

void* allocate_aligned(std::size_t bytes) {
  const std::size_t step = bytes >= kHugePage ? kHugePage : kLine;
  const std::size_t whole = (bytes + kLine + step - 1) / step * step;
  void* memory = std::aligned_alloc(step, whole);
  if (memory == nullptr) throw std::bad_alloc();
  if (step == kHugePage) ::madvise(memory, whole, MADV_HUGEPAGE);  // a wish: without it all works, slower
  return memory;
}

void free_aligned(void* memory) noexcept { std::free(memory); }

}  // namespace zimu::asr
