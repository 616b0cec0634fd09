#include "base/uuid.hpp"

#include <sys/random.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>

#include <fmt/format.h>

#include "base/check.hpp"

namespace zimu {

std::string new_uuid() {
  // RFC 9562 §6.2 method 1: rand_a is a 12-bit counter within the millisecond, so ids of one process sort.
  static std::mutex mutex;
  static std::uint64_t last_ms = 0;
  static std::uint16_t counter = 0;

  std::uint64_t random = 0;
  ZIMU_CHECK(::getrandom(&random, sizeof random, 0) == static_cast<ssize_t>(sizeof random));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  auto ms = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  std::uint16_t sequence = 0;
  {
    const std::scoped_lock lock(mutex);
    if (ms <= last_ms) {
      ms = last_ms;
      if (++counter > 0x0fff) {
        counter = 0;
        ++ms;
      }
    } else {
      counter = 0;
    }
    last_ms = ms;
    sequence = counter;
  }
  const std::uint64_t high = (ms << 16) | 0x7000U | sequence;
  const std::uint64_t low = (random & 0x3fffffffffffffffULL) | 0x8000000000000000ULL;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff, high & 0xffff, low >> 48,
                     low & 0xffffffffffffULL);
}

bool is_uuid(std::string_view text) noexcept {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace zimu
