#include "models/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/file.hpp"

extern char** environ;

namespace zimu::models {
namespace {

constexpr int kAskEveryMs = 200;
constexpr int kGraceMs = 2000;  // between asking the child to end and killing it

struct Attributes {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  Attributes() {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
  }
  ~Attributes() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
};

std::string_view name_of_variable(std::string_view entry) {
  return entry.substr(0, entry.find('='));
}

std::vector<std::string> merged_environment(const std::vector<std::string>& changes) {
  std::vector<std::string> merged = changes;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    bool replaced = false;
    for (const std::string& change : changes)
      replaced = replaced || name_of_variable(change) == name_of_variable(*entry);
    if (!replaced) merged.emplace_back(*entry);
  }
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// Own process group, so that all of it can be ended; default signals, nothing blocked.
Result<pid_t> spawn(const ChildOptions& options) {
  Attributes setup;
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&setup.attributes, &none);
  posix_spawnattr_setsigdefault(&setup.attributes, &all);
  posix_spawnattr_setpgroup(&setup.attributes, 0);
  posix_spawnattr_setflags(&setup.attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  posix_spawn_file_actions_addopen(&setup.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&setup.actions, STDOUT_FILENO, options.log.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&setup.actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(&setup.actions, options.folder.c_str());
  posix_spawn_file_actions_addclosefrom_np(&setup.actions, STDERR_FILENO + 1);

  std::vector<std::string> argv = options.argv;
  std::vector<std::string> environment = merged_environment(options.environment);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv.front().c_str(), &setup.actions, &setup.attributes,
                                 pointers(argv).data(), pointers(environment).data());
  if (error != 0)
    return std::unexpected(error_from_errno(error, fmt::format("cannot start {}", argv.front())));
  return pid;
}

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
  ZIMU_TRY(const auto pid, spawn(options));
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
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
