#include "http/file_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace zimu::http {

FileSource::FileSource(UniqueFd fd, const FileBody& body)
    : fd_(std::move(fd)),
      path_(body.path.string()),
      offset_(body.offset),
      left_(body.length),
      buffer_(static_cast<std::size_t>(std::min<std::uint64_t>(body.length, kPieceBytes))) {}

Result<std::shared_ptr<FileSource>> FileSource::open(const FileBody& body) {
  // O_NONBLOCK: opening a FIFO that someone put there would wait for a writer.
  ZIMU_TRY(UniqueFd fd, open_file(body.path, O_RDONLY | O_NONBLOCK));
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) {
    return std::unexpected(error_from_errno(errno, fmt::format("cannot look at {}", body.path.string())));
  }
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorCode::kIo, fmt::format("{} is not a regular file", body.path.string()));
  }
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (body.offset > size || body.length > size - body.offset) {
    return fail(ErrorCode::kIo,
                fmt::format("{} is shorter than it should be ({} bytes)", body.path.string(), size));
  }
  return std::shared_ptr<FileSource>(new FileSource(std::move(fd), body));
}

Result<std::string_view> FileSource::read() {
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer_.size()));
  std::size_t got = 0;
  while (got < want) {
    const ssize_t n = ::pread(fd_.get(), buffer_.data() + got, want - got, static_cast<off_t>(offset_ + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(error_from_errno(errno, fmt::format("cannot read {}", path_)));
    if (n == 0) return fail(ErrorCode::kIo, fmt::format("{} became shorter while it was sent", path_));
    got += static_cast<std::size_t>(n);
  }
  offset_ += want;
  left_ -= want;
  return std::string_view(buffer_.data(), want);
}

}  // namespace zimu::http
