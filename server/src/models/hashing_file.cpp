#include "models/hashing_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

namespace zimu::models {
namespace {

constexpr std::size_t kBufferBytes = 1U << 20U;

}  // namespace

Result<HashingFile> HashingFile::create(const std::filesystem::path& target) {
  auto part = target;
  part += ".part";
  ZIMU_TRY(auto fd, open_file(part, O_WRONLY | O_CREAT | O_TRUNC));
  return HashingFile(target, std::move(part), std::move(fd));
}

HashingFile::HashingFile(std::filesystem::path target, std::filesystem::path part, UniqueFd fd)
    : target_(std::move(target)), part_(std::move(part)), fd_(std::move(fd)) {
  buffer_.reserve(kBufferBytes);
}

HashingFile::HashingFile(HashingFile&& other) noexcept = default;

HashingFile::~HashingFile() {
  if (fd_) ::unlink(part_.c_str());
}

Result<> HashingFile::write(std::span<const std::byte> bytes) {
  size_ += bytes.size();
  if (buffer_.size() + bytes.size() > kBufferBytes) ZIMU_TRY_VOID(flush());
  if (bytes.size() < kBufferBytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return {};
  }
  hash_.update(bytes);
  return write_all(fd_.get(), bytes, part_.string());
}

Result<> HashingFile::flush() {
  hash_.update(buffer_);
  ZIMU_TRY_VOID(write_all(fd_.get(), buffer_, part_.string()));
  buffer_.clear();
  return {};
}

Result<std::string> HashingFile::finish() {
  ZIMU_TRY_VOID(flush());
  if (::fsync(fd_.get()) != 0) {
    return std::unexpected(error_from_errno(errno, fmt::format("cannot flush {}", part_.string())));
  }
  if (::rename(part_.c_str(), target_.c_str()) != 0) {
    return std::unexpected(
        error_from_errno(errno, fmt::format("cannot rename {} to {}", part_.string(), target_.string())));
  }
  fd_.reset();
  sync_folder(target_.parent_path());
  return hash_.hex_digest();
}

void sync_folder(const std::filesystem::path& folder) {
  if (auto fd = open_file(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY)) ::fsync(fd->get());
}

}  // namespace zimu::models
