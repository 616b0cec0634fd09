#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/result.hpp"

namespace zimu::models {

/// A new file being written in order, buffered and hashed on the way. It is `<target>.part` until `finish()`
/// syncs and renames it; dropped before that, the part is deleted. kNoSpace when the disk fills up; kConflict
/// while another process or thread writes the same target.
class HashingFile {
 public:
  static Result<HashingFile> create(const std::filesystem::path& target);
  HashingFile(HashingFile&& other) noexcept;
  HashingFile& operator=(HashingFile&&) = delete;
  HashingFile(const HashingFile&) = delete;
  HashingFile& operator=(const HashingFile&) = delete;
  ~HashingFile();

  Result<> write(std::span<const std::byte> bytes);
  template <class T>
  Result<> write_value(const T& value) {
    return write(std::as_bytes(std::span(&value, 1)));
  }
  std::uint64_t size() const noexcept { return size_; }

  /// Everything is on the disk under the final name; gives the SHA-256.
  Result<std::string> finish();

 private:
  HashingFile(std::filesystem::path target, std::filesystem::path part, UniqueFd fd);
  Result<> flush();

  std::filesystem::path target_;
  std::filesystem::path part_;
  UniqueFd fd_;
  Sha256 hash_;
  std::vector<std::byte> buffer_;
  std::uint64_t size_ = 0;
};

/// kNoSpace unless `wanted` bytes, and some more for the database and logs, are free in `folder`.
Result<> check_room(const std::filesystem::path& folder, std::uint64_t wanted);

/// fsync of a folder, so that a rename inside survives a power cut. Best effort: some file systems refuse.
void sync_folder(const std::filesystem::path& folder);

}  // namespace zimu::models
