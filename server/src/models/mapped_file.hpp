#pragma once
#include <cstddef>
#include <filesystem>
#include <span>

#include "base/result.hpp"

namespace zimu::models {

/// A whole file mapped read-only; unmapped on destruction. The views it gave out die with it.
/// The file must not shrink meanwhile (the kernel answers such a read with SIGBUS).
class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace zimu::models
