#include "models/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/spawn.hpp"

namespace zimu::models {
namespace {

constexpr int kAskEveryMs = 200;
constexpr int kGraceMs = 2000;  // between asking the child to end and killing it

/// True when the child has ended. Without pidfd (Linux before 5.3) it simply waits the time out.
bool wait_a_while(pid_t pid, const UniqueFd& pidfd, int milliseconds, int& status) {
  pollfd wait{pidfd.get(), POLLIN, 0};
  ::poll(&wait, pidfd ? 1 : 0, milliseconds);
  pid_t reaped = 0;
  do {
    reaped = ::waitpid(pid, &status, WNOHANG);
  } while (reaped < 0 && errno == EINTR);
  return reaped != 0;
}

void end_group(pid_t pid, const UniqueFd& pidfd) {
  int status = 0;
  ::kill(-pid, SIGTERM);
  if (wait_a_while(pid, pidfd, kGraceMs, status)) return;
  ::kill(-pid, SIGKILL);
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<int> run_child(const ChildOptions& options) {
  ZIMU_TRY(const UniqueFd log, open_file(options.log, O_WRONLY | O_CREAT | O_TRUNC));
  ZIMU_TRY(const pid_t pid, spawn({.argv = options.argv,
                                   .environment = options.environment,
                                   .folder = options.folder,
                                   .pass = {{log.get(), STDOUT_FILENO}, {log.get(), STDERR_FILENO}}}));
  const UniqueFd pidfd = open_pidfd(pid);
  int status = 0;
  while (!wait_a_while(pid, pidfd, kAskEveryMs, status)) {
    if (options.keep_going && !options.keep_going()) {
      end_group(pid, pidfd);
      return fail(ErrorCode::kCancelled, fmt::format("{} was stopped", options.argv.front()));
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace zimu::models
