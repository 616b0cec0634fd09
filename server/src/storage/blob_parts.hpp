#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// The pieces of the binary columns (docs/formats/db-schema.md, "Binary columns"). Pure; thread: any.
namespace zimu::storage {

/// Differences wrap around in unsigned arithmetic, so that every pair of times can be written and read back.
std::uint64_t zigzag(std::uint64_t value);
std::uint64_t unzigzag(std::uint64_t value);
void put_varint(std::vector<std::byte>& out, std::uint64_t value);
void put_real32(std::vector<std::byte>& out, float value);
void put_bytes(std::vector<std::byte>& out, std::span<const std::byte> bytes);  ///< a varint: how many, and they

/// Never reads past the end: what is asked for beyond it is empty or 0, and `failed` from then on.
class BlobReader {
 public:
  explicit BlobReader(std::span<const std::byte> bytes) : rest_(bytes) {}
  std::size_t left() const { return rest_.size(); }
  bool failed() const { return failed_; }
  std::span<const std::byte> take(std::uint64_t count);
  std::uint64_t varint();
  float real32();
  std::span<const std::byte> bytes() { return take(varint()); }
  std::string text();

 private:
  std::span<const std::byte> rest_;
  bool failed_ = false;
};

}  // namespace zimu::storage
