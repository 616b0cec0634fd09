#include "rate.hpp"

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace zimu::bench {
namespace {

constexpr int kTurns = 20000;
constexpr int kChains = 12;  // independent ones: more than latency times units, fewer than registers

#if defined(__x86_64__)
#define ZIMU_REGISTER "x"
#else
#define ZIMU_REGISTER "w"
#endif

/// `turn(x)` on each chain, again and again. The empty statement hides every value from the compiler, so that nothing
/// is left out. The chains have names because g++ would keep an array in memory.
#define ZIMU_CHAIN(x, turn) \
  x = turn(x);              \
  asm volatile("" : "+" ZIMU_REGISTER(x));
#define ZIMU_LOOP(Vector, start, turn)                                                                      \
  Vector c0 = (start), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0, c8 = c0, c9 = c0,     \
         c10 = c0, c11 = c0;                                                                                \
  for (int i = 0; i < kTurns; ++i) {                                                                        \
    ZIMU_CHAIN(c0, turn) ZIMU_CHAIN(c1, turn) ZIMU_CHAIN(c2, turn) ZIMU_CHAIN(c3, turn)                     \
    ZIMU_CHAIN(c4, turn) ZIMU_CHAIN(c5, turn) ZIMU_CHAIN(c6, turn) ZIMU_CHAIN(c7, turn)                     \
    ZIMU_CHAIN(c8, turn) ZIMU_CHAIN(c9, turn) ZIMU_CHAIN(c10, turn) ZIMU_CHAIN(c11, turn)                   \
  }

using Loop = void (*)();

double timed(Loop loop, double operations_a_turn, int threads, double seconds) {
  return rate(threads, seconds, [=](int) -> Step {
    return [=] {
      loop();
      return operations_a_turn * kTurns * kChains;
    };
  });
}

using Plain = float __attribute__((vector_size(16)));
void fp32_plain() {
  const Plain a = {0.5F, 0.5F, 0.5F, 0.5F};
#define ZIMU_TURN(x) x* a + a
  ZIMU_LOOP(Plain, a, ZIMU_TURN)
#undef ZIMU_TURN
}

#if defined(__x86_64__)

#define ZIMU_TARGET(features) __attribute__((target(features)))

ZIMU_TARGET("avx2,fma") void fp32_avx2() {
  const __m256 a = _mm256_set1_ps(0.5F);
#define ZIMU_TURN(x) _mm256_fmadd_ps(x, a, a)
  ZIMU_LOOP(__m256, a, ZIMU_TURN)
#undef ZIMU_TURN
}
ZIMU_TARGET("avx512f") void fp32_avx512() {
  const __m512 a = _mm512_set1_ps(0.5F);
#define ZIMU_TURN(x) _mm512_fmadd_ps(x, a, a)
  ZIMU_LOOP(__m512, a, ZIMU_TURN)
#undef ZIMU_TURN
}
ZIMU_TARGET("avx512f,avx512bw,avx512vl,avx512bf16") void bf16_avx512() {
  const __m512bh a = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3c003c00));
#define ZIMU_TURN(x) _mm512_dpbf16_ps(x, a, a)
  ZIMU_LOOP(__m512, _mm512_setzero_ps(), ZIMU_TURN)
#undef ZIMU_TURN
}
ZIMU_TARGET("avx512f,avx512vnni") void int8_vnni512() {
  const __m512i a = _mm512_set1_epi8(1);
#define ZIMU_TURN(x) _mm512_dpbusd_epi32(x, a, a)
  ZIMU_LOOP(__m512i, a, ZIMU_TURN)
#undef ZIMU_TURN
}
ZIMU_TARGET("avx2,avxvnni") void int8_vnni256() {
  const __m256i a = _mm256_set1_epi8(1);
#define ZIMU_TURN(x) _mm256_dpbusd_avx_epi32(x, a, a)
  ZIMU_LOOP(__m256i, a, ZIMU_TURN)
#undef ZIMU_TURN
}
ZIMU_TARGET("avx2") void int8_avx2() {
  const __m256i a = _mm256_set1_epi8(1);
  const __m256i ones = _mm256_set1_epi16(1);
  // The source depends on the chain, else the products would be made once for all.
#define ZIMU_TURN(x) _mm256_add_epi32(x, _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_or_si256(x, a), a), ones))
  ZIMU_LOOP(__m256i, a, ZIMU_TURN)
#undef ZIMU_TURN
}

// Tiles: 16 rows of 64 bytes; tiles 0 to 3 gather, 4 to 7 hold what is multiplied.
constexpr int kTileProducts = 4;
struct TileShape {
  std::uint8_t palette = 1, start = 0, unused[14] = {};
  std::uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileShape) == 64);

bool may_use_tiles() {
  constexpr long kAskFor = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return ::syscall(SYS_arch_prctl, kAskFor, kTileData) == 0;
}
template <bool kInt8>
ZIMU_TARGET("amx-tile,amx-int8,amx-bf16") void tiles() {
  const TileShape shape;
  _tile_loadconfig(&shape);
  _tile_zero(0); _tile_zero(1); _tile_zero(2); _tile_zero(3);
  _tile_zero(4); _tile_zero(5); _tile_zero(6); _tile_zero(7);
  for (int i = 0; i < kTurns; ++i) {
    if constexpr (kInt8) {
      _tile_dpbssd(0, 4, 6); _tile_dpbssd(1, 4, 7); _tile_dpbssd(2, 5, 6); _tile_dpbssd(3, 5, 7);
    } else {
      _tile_dpbf16ps(0, 4, 6); _tile_dpbf16ps(1, 4, 7); _tile_dpbf16ps(2, 5, 6); _tile_dpbf16ps(3, 5, 7);
    }
  }
  _tile_release();
}
double timed_tiles(Loop loop, double operations, int threads, double seconds) {
  return timed(loop, operations * kTileProducts / kChains, threads, seconds);
}

#endif

}  // namespace

Peak peak_fp32(int threads, double seconds) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {"avx512", timed(fp32_avx512, 32, threads, seconds)};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return {"avx2", timed(fp32_avx2, 16, threads, seconds)};
  }
#endif
  return {"128 bits", timed(fp32_plain, 8, threads, seconds)};
}

std::optional<Peak> peak_bf16([[maybe_unused]] int threads, [[maybe_unused]] double seconds) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("amx-bf16") && may_use_tiles()) {
    return Peak{"amx", timed_tiles(tiles<false>, 2.0 * 16 * 16 * 32, threads, seconds)};
  }
  if (__builtin_cpu_supports("avx512bf16")) return Peak{"avx512-bf16", timed(bf16_avx512, 64, threads, seconds)};
#endif
  return std::nullopt;
}

std::optional<Peak> peak_int8([[maybe_unused]] int threads, [[maybe_unused]] double seconds) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("amx-int8") && may_use_tiles()) {
    return Peak{"amx", timed_tiles(tiles<true>, 2.0 * 16 * 16 * 64, threads, seconds)};
  }
  if (__builtin_cpu_supports("avx512vnni")) return Peak{"avx512-vnni", timed(int8_vnni512, 128, threads, seconds)};
  if (__builtin_cpu_supports("avxvnni")) return Peak{"avx-vnni", timed(int8_vnni256, 64, threads, seconds)};
  if (__builtin_cpu_supports("avx2")) return Peak{"avx2", timed(int8_avx2, 64, threads, seconds)};
#endif
  return std::nullopt;
}

}  // namespace zimu::bench
