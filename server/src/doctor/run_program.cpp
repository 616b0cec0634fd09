#include "doctor/run_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/spawn.hpp"

namespace zimu::doctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSlice{50};
constexpr std::chrono::milliseconds kAfterKill{2000};

bool reaped(pid_t pid, ProgramEnd& end) {
  int status = 0;
  pid_t found = 0;
  do {
    found = ::waitpid(pid, &status, WNOHANG);
  } while (found < 0 && errno == EINTR);
  if (found == 0) return false;
  end.by_signal = found == pid && WIFSIGNALED(status);
  end.code = found != pid ? 0 : end.by_signal ? WTERMSIG(status) : WEXITSTATUS(status);
  return true;
}

void wait_slice(const UniqueFd& fd) {
  pollfd wait{fd.get(), POLLIN, 0};
  ::poll(&wait, fd ? 1 : 0, static_cast<int>(kSlice.count()));
}

/// Takes what is in the pipe; closes it at its end.
void drain(UniqueFd& fd, std::size_t limit, std::string& output) {
  std::array<char, 4096> piece{};
  while (fd) {
    const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      fd.reset();
      return;
    }
    output.append(piece.data(), std::min(static_cast<std::size_t>(got), limit - output.size()));
  }
}

}  // namespace

Result<ProgramEnd> run_program(std::vector<std::string> argv, const RunLimits& limits) {
  ZIMU_TRY(Pipe output, make_pipe());
  UniqueFd& read_end = output.read;
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  ZIMU_TRY(const pid_t pid, spawn({.argv = std::move(argv), .pass = {{output.write.get(), STDOUT_FILENO}}}));
  output.write.reset();

  ProgramEnd end;
  auto deadline = Clock::now() + limits.time;
  bool done = false;
  while (!done && Clock::now() < deadline && !limits.stop.stop_requested()) {
    wait_slice(read_end);
    drain(read_end, limits.bytes, end.output);
    done = reaped(pid, end);
  }
  end.timed_out = !done;
  if (!done) {
    ::kill(-pid, SIGKILL);
    deadline = Clock::now() + kAfterKill;
    while (!(done = reaped(pid, end)) && Clock::now() < deadline) wait_slice(UniqueFd());
  }
  if (!done) end.stuck = pid;
  drain(read_end, limits.bytes, end.output);
  return end;
}

}  // namespace zimu::doctor
