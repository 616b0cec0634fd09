#include "doctor/run_program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/file.hpp"

namespace zimu::doctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSlice{50};
constexpr std::chrono::milliseconds kAfterKill{2000};

struct SpawnSetup {
  posix_spawnattr_t attributes{};
  posix_spawn_file_actions_t actions{};
  SpawnSetup() {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
  }
  ~SpawnSetup() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
};

/// posix_spawn and not fork: the server has threads. Own group, default signals, nothing blocked.
Result<pid_t> spawn(std::vector<std::string>& argv, int output) {
  SpawnSetup setup;
  sigset_t none;
  sigset_t defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD}) sigaddset(&defaults, signal);
  posix_spawnattr_setsigmask(&setup.attributes, &none);
  posix_spawnattr_setsigdefault(&setup.attributes, &defaults);
  posix_spawnattr_setpgroup(&setup.attributes, 0);
  posix_spawnattr_setflags(
      &setup.attributes,
      static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
  posix_spawn_file_actions_addopen(&setup.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&setup.actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&setup.actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
  posix_spawn_file_actions_addclosefrom_np(&setup.actions, STDERR_FILENO + 1);
#endif
  std::vector<char*> words;
  for (std::string& word : argv) words.push_back(word.data());
  words.push_back(nullptr);
  pid_t pid = 0;
  const int error =
      posix_spawnp(&pid, words.front(), &setup.actions, &setup.attributes, words.data(), ::environ);
  if (error != 0)
    return std::unexpected(error_from_errno(error, fmt::format("cannot start {}", argv.front())));
  return pid;
}

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
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return std::unexpected(error_from_errno(errno, "cannot make a pipe"));
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  ZIMU_TRY(const pid_t pid, spawn(argv, write_end.get()));
  write_end.reset();

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
