#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace zimu {

/// A POSIX file descriptor that closes itself. Thread: one at a time.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept;
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

/// `open(2)` with O_CLOEXEC; the error names the path.
Result<UniqueFd> open_file(const std::filesystem::path& path, int flags, unsigned mode = 0644);
/// Writes everything, at the current position or at `offset`. ENOSPC becomes kNoSpace.
Result<> write_all(int fd, std::span<const std::byte> bytes, std::string_view what);
Result<> pwrite_all(int fd, std::span<const std::byte> bytes, std::uint64_t offset, std::string_view what);

/// Reads a whole small file; kTooLarge over `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit = 16U << 20U);
/// Writes `<path>.part`, fsyncs, renames over `path`, fsyncs the folder: `path` is whole or untouched.
Result<> write_file_atomic(const std::filesystem::path& path, std::string_view content);
Result<> make_directories(const std::filesystem::path& path);
/// Bytes an unprivileged process may still write on that path's file system.
Result<std::uint64_t> free_bytes(const std::filesystem::path& path);

/// Lower-case hex SHA-256 (FIPS 180-4) of a whole file, read in bounded pieces.
Result<std::string> sha256_file(const std::filesystem::path& path);

/// Streaming SHA-256.
class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  std::string hex_digest();  ///< ends it

 private:
  alignas(8) std::byte state_[128];
};

}  // namespace zimu
