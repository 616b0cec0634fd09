#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace zimu::models {

/// Bounds-checked little-endian reading of untrusted bytes; every overrun is kModelInvalid naming what was read.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  template <class T>
    requires std::integral<T> || std::floating_point<T>
  Result<T> value(std::string_view what) {
    ZIMU_TRY(const auto raw, take(sizeof(T), what));
    T out;
    std::memcpy(&out, raw.data(), sizeof(T));
    return out;
  }
  /// The next `count` bytes as a view.
  Result<std::span<const std::byte>> take(std::uint64_t count, std::string_view what);
  Result<std::string> text(std::uint64_t count, std::string_view what);

  std::uint64_t offset() const noexcept { return offset_; }
  std::uint64_t remaining() const noexcept { return bytes_.size() - offset_; }

 private:
  std::span<const std::byte> bytes_;
  std::size_t offset_ = 0;
};

}  // namespace zimu::models
