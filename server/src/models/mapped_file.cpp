#include "models/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"

namespace zimu::models {

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  ZIMU_TRY(const UniqueFd fd, open_file(path, O_RDONLY));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) {
    return std::unexpected(error_from_errno(errno, fmt::format("cannot look at {}", path.string())));
  }
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorCode::kModelInvalid, fmt::format("{} is not a regular file", path.string()));
  }
  if (info.st_size == 0) return MappedFile(std::span<const std::byte>{});
  const auto size = static_cast<std::size_t>(info.st_size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (address == MAP_FAILED) {
    return std::unexpected(error_from_errno(errno, fmt::format("cannot map {} into memory", path.string())));
  }
  ::madvise(address, size, MADV_SEQUENTIAL);
  return MappedFile(std::span(static_cast<const std::byte*>(address), size));
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace zimu::models
