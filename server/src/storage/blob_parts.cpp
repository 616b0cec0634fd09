#include "storage/blob_parts.hpp"

#include <bit>

namespace zimu::storage {

std::uint64_t zigzag(std::uint64_t value) { return (value << 1U) ^ (0U - (value >> 63U)); }
std::uint64_t unzigzag(std::uint64_t value) { return (value >> 1U) ^ (0U - (value & 1U)); }

void put_varint(std::vector<std::byte>& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::byte>((value & 0x7fU) | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<std::byte>(value));
}

void put_real32(std::vector<std::byte>& out, float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<std::byte>(bits >> (8U * i)));
}

void put_bytes(std::vector<std::byte>& out, std::span<const std::byte> bytes) {
  put_varint(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::span<const std::byte> BlobReader::take(std::uint64_t count) {
  if (count > rest_.size()) {
    failed_ = true;
    return {};
  }
  const auto taken = rest_.first(static_cast<std::size_t>(count));
  rest_ = rest_.subspan(static_cast<std::size_t>(count));
  return taken;
}

std::uint64_t BlobReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = take(1);
    if (byte.empty()) return 0;
    const auto bits = std::to_integer<std::uint64_t>(byte[0]);
    value |= (bits & 0x7fU) << shift;
    if ((bits & 0x80U) == 0) return value;
  }
  failed_ = true;
  return 0;
}

float BlobReader::real32() {
  const auto bytes = take(4);
  if (bytes.empty()) return 0;
  std::uint32_t bits = 0;
  for (unsigned i = 0; i < 4; ++i) bits |= std::to_integer<std::uint32_t>(bytes[i]) << (8U * i);
  return std::bit_cast<float>(bits);
}

std::string BlobReader::text() {
  const auto read = bytes();
  return {reinterpret_cast<const char*>(read.data()), read.size()};
}

}  // namespace zimu::storage
