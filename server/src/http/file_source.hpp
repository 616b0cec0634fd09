#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "http/types.hpp"

namespace zimu::http {

/// A part of a regular file being sent. Every function blocks: call it on the pool, one at a time.
class FileSource {
 public:
  static constexpr std::size_t kPieceBytes = 256U << 10U;

  /// kNotFound when the file is gone, kIo when it is not a regular file or shorter than the part.
  static Result<std::shared_ptr<FileSource>> open(const FileBody& body);
  /// The next piece, valid until the next call; kIo when the file has become shorter.
  Result<std::string_view> read();
  std::uint64_t left() const { return left_; }

 private:
  FileSource(UniqueFd fd, const FileBody& body);
  UniqueFd fd_;
  std::string path_;
  std::uint64_t offset_;
  std::uint64_t left_;
  std::vector<char> buffer_;
};

}  // namespace zimu::http
