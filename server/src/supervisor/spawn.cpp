#include "supervisor/spawn.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.hpp"
#include "base/spawn.hpp"
#include "protocol/messages.hpp"

namespace zimu::supervisor {
namespace {

void set_nonblocking(const UniqueFd& fd) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  ZIMU_CHECK(flags >= 0 && ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) == 0);
}

}  // namespace

Result<Spawned> spawn_child(const std::vector<std::string>& argv, const std::filesystem::path& folder) {
  if (argv.empty() || argv.front().empty()) {
    return fail(ErrorCode::kUnavailable, "the worker command is empty",
                "set ZIMU_WORKER_COMMAND to a program");
  }
  ZIMU_TRY(Pipe requests, make_pipe());
  ZIMU_TRY(Pipe events, make_pipe());
  ZIMU_TRY(Pipe log, make_pipe());
  SpawnOptions options{.argv = argv, .folder = folder};
  options.pass = {{log.write.get(), STDOUT_FILENO},
                  {log.write.get(), STDERR_FILENO},
                  {requests.read.get(), protocol::kRequestFd},
                  {events.write.get(), protocol::kEventFd}};
  const auto pid = spawn(options);
  if (!pid) {
    return fail(ErrorCode::kUnavailable, pid.error().message,
                "check ZIMU_WORKER_COMMAND, or install zimu-worker beside zimu; `zimu doctor` tells more");
  }
  Spawned child;
  child.pid = *pid;
  child.pidfd = open_pidfd(child.pid);
  child.requests = std::move(requests.write);
  child.events = std::move(events.read);
  child.log = std::move(log.read);
  for (const UniqueFd* fd : {&child.requests, &child.events, &child.log}) set_nonblocking(*fd);
  return child;
}

std::optional<Ending> reap_child(pid_t pid) {
  siginfo_t info{};
  int answer = 0;
  do {
    answer = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
  } while (answer != 0 && errno == EINTR);
  if (answer == 0 && info.si_pid == 0) return std::nullopt;
  // While its zombie is there, its number still names this group and no other.
  ::kill(-pid, SIGKILL);
  if (answer != 0) return Ending{};  // ECHILD: somebody set SIGCHLD to be ignored; how it ended is lost
  siginfo_t reaped{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &reaped, WEXITED) != 0 && errno == EINTR) {
  }
  return Ending{info.si_code != CLD_EXITED, info.si_status};
}

}  // namespace zimu::supervisor
