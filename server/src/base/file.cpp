#include "base/file.hpp"

#include <fcntl.h>
#include <sodium/crypto_hash_sha256.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include <fmt/format.h>

namespace zimu {

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) reset(other.release());
  return *this;
}

int UniqueFd::release() noexcept { return std::exchange(fd_, -1); }

void UniqueFd::reset(int fd) noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Result<UniqueFd> open_file(const std::filesystem::path& path, int flags, unsigned mode) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) return std::unexpected(error_from_errno(errno, fmt::format("cannot open {}", path.string())));
  return fd;
}

Result<> write_all(int fd, std::span<const std::byte> bytes, std::string_view what) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(error_from_errno(errno, fmt::format("cannot write {}", what)));
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<> pwrite_all(int fd, std::span<const std::byte> bytes, std::uint64_t offset, std::string_view what) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(error_from_errno(errno, fmt::format("cannot write {}", what)));
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit) {
  ZIMU_TRY(const UniqueFd fd, open_file(path, O_RDONLY));
  std::string content;
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(error_from_errno(errno, fmt::format("cannot read {}", path.string())));
    if (n == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(n));
    if (content.size() > limit) {
      return fail(ErrorCode::kTooLarge, fmt::format("{} is larger than {} bytes", path.string(), limit));
    }
  }
}

Result<> write_file_atomic(const std::filesystem::path& path, std::string_view content) {
  auto part = path;
  part += ".part";
  const auto drop_part = [&part](Error error) -> Result<> {
    ::unlink(part.c_str());
    return std::unexpected(std::move(error));
  };
  {
    ZIMU_TRY(const UniqueFd fd, open_file(part, O_WRONLY | O_CREAT | O_TRUNC));
    const auto bytes = std::as_bytes(std::span(content.data(), content.size()));
    if (auto written = write_all(fd.get(), bytes, part.string()); !written) return drop_part(written.error());
    if (::fsync(fd.get()) != 0) return drop_part(error_from_errno(errno, fmt::format("cannot flush {}", part.string())));
  }
  if (::rename(part.c_str(), path.c_str()) != 0) {
    return drop_part(error_from_errno(errno, fmt::format("cannot rename {} to {}", part.string(), path.string())));
  }
  const auto parent = path.parent_path().empty() ? std::filesystem::path(".") : path.parent_path();
  if (auto folder = open_file(parent, O_RDONLY | O_DIRECTORY)) ::fsync(folder->get());
  return {};
}

Result<> make_directories(const std::filesystem::path& path) {
  std::error_code ec;
  std::filesystem::create_directories(path, ec);
  if (ec) return std::unexpected(error_from_errno(ec.value(), fmt::format("cannot create folder {}", path.string())));
  return {};
}

Result<std::uint64_t> free_bytes(const std::filesystem::path& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) {
    return std::unexpected(error_from_errno(errno, fmt::format("cannot ask for free space of {}", path.string())));
  }
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

Sha256::Sha256() {
  static_assert(sizeof(crypto_hash_sha256_state) <= sizeof state_);
  crypto_hash_sha256_init(reinterpret_cast<crypto_hash_sha256_state*>(state_));
}

void Sha256::update(std::span<const std::byte> bytes) {
  crypto_hash_sha256_update(reinterpret_cast<crypto_hash_sha256_state*>(state_),
                            reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::string Sha256::hex_digest() {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256_final(reinterpret_cast<crypto_hash_sha256_state*>(state_), digest.data());
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

Result<std::string> sha256_file(const std::filesystem::path& path) {
  ZIMU_TRY(const UniqueFd fd, open_file(path, O_RDONLY));
  Sha256 hash;
  std::vector<std::byte> buffer(1U << 20U);
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(error_from_errno(errno, fmt::format("cannot read {}", path.string())));
    if (n == 0) return hash.hex_digest();
    hash.update(std::span(buffer.data(), static_cast<std::size_t>(n)));
  }
}

}  // namespace zimu
