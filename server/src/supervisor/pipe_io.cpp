#include "supervisor/pipe_io.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace zimu::supervisor {
namespace {

/// Writing to a pipe without a reader raises SIGPIPE in the writing thread; MSG_NOSIGNAL exists for sockets
/// only. Blocks it for one write, and takes it away if it came.
class NoSigpipe {
 public:
  NoSigpipe() {
    ::sigemptyset(&sigpipe_);
    ::sigaddset(&sigpipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~NoSigpipe() {
    const timespec now{};
    while (!was_pending_ && ::sigtimedwait(&sigpipe_, nullptr, &now) < 0 && errno == EINTR) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  sigset_t sigpipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

}  // namespace

std::string_view read_piece(UniqueFd& fd, std::array<char, kPiece>& buffer) {
  if (!fd) return {};
  ssize_t n = 0;
  do {
    n = ::read(fd.get(), buffer.data(), buffer.size());
  } while (n < 0 && errno == EINTR);
  if (n > 0) return {buffer.data(), static_cast<std::size_t>(n)};
  if (n == 0 || errno != EAGAIN) fd.reset();
  return {};
}

Result<> write_line(const UniqueFd& fd, std::string_view line, std::chrono::milliseconds at_most) {
  const NoSigpipe no_sigpipe;
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!line.empty()) {
    const ssize_t n = ::write(fd.get(), line.data(), line.size());
    if (n > 0) {
      line.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return fail(ErrorCode::kWorkerCrashed, "the worker takes no requests any more");
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return fail(ErrorCode::kTimeout, "the worker does not read its requests");
    pollfd writable{fd.get(), POLLOUT, 0};
    ::poll(&writable, 1, static_cast<int>(left.count()));
  }
  return {};
}

}  // namespace zimu::supervisor
