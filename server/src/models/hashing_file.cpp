#include "models/hashing_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace zimu::models {
namespace {

constexpr std::size_t kBufferBytes = 1U << 20U;
constexpr std::uint64_t kSpareBytes = 16U << 20U;

/// Opens and locks the part, emptied. The lock is on the file, not its name: when the file that was locked
/// has been renamed meanwhile, it is somebody's finished model and must not be touched.
Result<UniqueFd> open_part(const std::filesystem::path& part) {
  while (true) {
    ZIMU_TRY(auto fd, open_file(part, O_WRONLY | O_CREAT));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK)
        return std::unexpected(error_from_errno(errno, fmt::format("cannot lock {}", part.string())));
      return fail(ErrorCode::kConflict, fmt::format("{} is being written already", part.string()),
                  "wait for that to end");
    }
    struct stat locked{};
    struct stat named{};
    const bool same = ::fstat(fd.get(), &locked) == 0 && ::stat(part.c_str(), &named) == 0 &&
                      locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
    if (!same) continue;
    if (::ftruncate(fd.get(), 0) != 0) {
      return std::unexpected(error_from_errno(errno, fmt::format("cannot empty {}", part.string())));
    }
    return fd;
  }
}

}  // namespace

Result<HashingFile> HashingFile::create(const std::filesystem::path& target) {
  auto part = target;
  part += ".part";
  ZIMU_TRY(auto fd, open_part(part));
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

Result<> check_room(const std::filesystem::path& folder, std::uint64_t wanted) {
  ZIMU_TRY(const auto free, free_bytes(folder));
  if (free >= wanted + kSpareBytes) return {};
  return fail(ErrorCode::kNoSpace,
              fmt::format("{} MB are needed in {}, but only {} MB are free", wanted / 1'000'000,
                          folder.string(), free / 1'000'000),
              "free some space there, or set ZIMU_MODEL_DIR to a larger disk");
}

void sync_folder(const std::filesystem::path& folder) {
  if (auto fd = open_file(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY)) ::fsync(fd->get());
}

}  // namespace zimu::models
