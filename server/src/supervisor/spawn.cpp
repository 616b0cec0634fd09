#include "supervisor/spawn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/check.hpp"
#include "protocol/messages.hpp"

namespace zimu::supervisor {
namespace {

constexpr int kLowestPipeFd = 10;  // above every fd that the child's dup2 calls write to

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

/// A pipe whose ends never are 0 to 9: dup2 into the child's 3 and 4 must neither hit another end
/// nor be a dup2 onto itself, which would leave close-on-exec set.
Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return std::unexpected(error_from_errno(errno, "cannot make a pipe"));
  const UniqueFd low_read(ends[0]);
  const UniqueFd low_write(ends[1]);
  Pipe pipe{UniqueFd(::fcntl(low_read.get(), F_DUPFD_CLOEXEC, kLowestPipeFd)),
            UniqueFd(::fcntl(low_write.get(), F_DUPFD_CLOEXEC, kLowestPipeFd))};
  if (!pipe.read || !pipe.write) return std::unexpected(error_from_errno(errno, "cannot make a pipe"));
  return pipe;
}

void set_nonblocking(const UniqueFd& fd) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  ZIMU_CHECK(flags >= 0 && ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) == 0);
}

class FileActions {
 public:
  FileActions() { ZIMU_CHECK(::posix_spawn_file_actions_init(&actions_) == 0); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  void open(int fd, const char* path, int flags) {
    ZIMU_CHECK(::posix_spawn_file_actions_addopen(&actions_, fd, path, flags, 0) == 0);
  }
  void dup(const UniqueFd& from, int to) {
    ZIMU_CHECK(::posix_spawn_file_actions_adddup2(&actions_, from.get(), to) == 0);
  }
  void work_in(const std::filesystem::path& folder) {
    ZIMU_CHECK(::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str()) == 0);
  }
  void close_from(int lowest) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
    // Ours are close-on-exec anyway; this is for what libraries opened without it.
    ZIMU_CHECK(::posix_spawn_file_actions_addclosefrom_np(&actions_, lowest) == 0);
#else
    static_cast<void>(lowest);
#endif
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  Attributes() {
    ZIMU_CHECK(::posix_spawnattr_init(&attributes_) == 0);
    sigset_t none;
    sigset_t to_default;
    ::sigemptyset(&none);
    ::sigemptyset(&to_default);
    // A server ignores or blocks these; a program that inherits that cannot be stopped by them.
    for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM}) {
      ::sigaddset(&to_default, signal);
    }
    constexpr int kFlags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    ZIMU_CHECK(::posix_spawnattr_setflags(&attributes_, static_cast<short>(kFlags)) == 0);
    ZIMU_CHECK(::posix_spawnattr_setpgroup(&attributes_, 0) == 0);
    ZIMU_CHECK(::posix_spawnattr_setsigmask(&attributes_, &none) == 0);
    ZIMU_CHECK(::posix_spawnattr_setsigdefault(&attributes_, &to_default) == 0);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

UniqueFd open_pidfd(pid_t pid) {
#ifdef SYS_pidfd_open
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));  // close-on-exec by definition
#else
  static_cast<void>(pid);
  return {};
#endif
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

  FileActions actions;
  actions.open(STDIN_FILENO, "/dev/null", O_RDONLY);
  actions.dup(log.write, STDOUT_FILENO);
  actions.dup(log.write, STDERR_FILENO);
  actions.dup(requests.read, protocol::kRequestFd);
  actions.dup(events.write, protocol::kEventFd);
  actions.close_from(protocol::kEventFd + 1);
  if (!folder.empty()) actions.work_in(folder);
  const Attributes attributes;

  std::vector<char*> arguments;
  for (const std::string& word : argv)
    arguments.push_back(const_cast<char*>(word.c_str()));  // exec's old signature
  arguments.push_back(nullptr);
  Spawned child;
  const int error =
      ::posix_spawnp(&child.pid, arguments[0], actions.get(), attributes.get(), arguments.data(), ::environ);
  if (error != 0) {
    const Error why = error_from_errno(error, fmt::format("cannot start the worker \"{}\"", argv.front()));
    return fail(ErrorCode::kUnavailable, why.message,
                "check ZIMU_WORKER_COMMAND, or install zimu-worker beside zimu; `zimu doctor` tells more");
  }
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
