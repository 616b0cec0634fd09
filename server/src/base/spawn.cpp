#include "base/spawn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "base/check.hpp"

namespace zimu {
namespace {

class FileActions {
 public:
  FileActions() { ZIMU_CHECK(::posix_spawn_file_actions_init(&actions_) == 0); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  void open(int fd, const char* path, int flags) {
    ZIMU_CHECK(::posix_spawn_file_actions_addopen(&actions_, fd, path, flags, 0) == 0);
  }
  void dup(int from, int to) { ZIMU_CHECK(::posix_spawn_file_actions_adddup2(&actions_, from, to) == 0); }
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
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    // A server ignores or blocks some; a program that inherits that cannot be stopped by them.
    constexpr int kFlags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    ZIMU_CHECK(::posix_spawnattr_setflags(&attributes_, static_cast<short>(kFlags)) == 0);
    ZIMU_CHECK(::posix_spawnattr_setpgroup(&attributes_, 0) == 0);
    ZIMU_CHECK(::posix_spawnattr_setsigmask(&attributes_, &none) == 0);
    ZIMU_CHECK(::posix_spawnattr_setsigdefault(&attributes_, &all) == 0);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

std::string_view name_of_variable(std::string_view entry) { return entry.substr(0, entry.find('=')); }

std::vector<std::string> merged_environment(const std::vector<std::string>& changes) {
  std::vector<std::string> merged = changes;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    const auto same = [name = name_of_variable(*entry)](const std::string& change) { return name_of_variable(change) == name; };
    if (std::ranges::none_of(changes, same)) merged.emplace_back(*entry);
  }
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// Above every number that the child's descriptors get: so none is written over before it is passed on, and none is
/// passed on onto itself, which would leave close-on-exec set.
Result<std::vector<UniqueFd>> lifted(const std::vector<SpawnOptions::Pass>& pass, int lowest) {
  std::vector<UniqueFd> out;
  for (const auto& one : pass) {
    UniqueFd high(::fcntl(one.fd, F_DUPFD_CLOEXEC, lowest));
    if (!high) return std::unexpected(error_from_errno(errno, "cannot pass a file on"));
    out.push_back(std::move(high));
  }
  return out;
}

}  // namespace

Result<pid_t> spawn(const SpawnOptions& options) {
  ZIMU_CHECK(!options.argv.empty());
  int most = STDERR_FILENO;
  for (const auto& one : options.pass) most = std::max(most, one.as);
  ZIMU_TRY(const auto ours, lifted(options.pass, most + 1));

  FileActions actions;
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (std::ranges::find(options.pass, standard, &SpawnOptions::Pass::as) != options.pass.end()) continue;
    actions.open(standard, "/dev/null", standard == STDIN_FILENO ? O_RDONLY : O_WRONLY);
  }
  for (std::size_t i = 0; i < ours.size(); ++i) actions.dup(ours[i].get(), options.pass[i].as);
  actions.close_from(most + 1);
  if (!options.folder.empty()) actions.work_in(options.folder);
  const Attributes attributes;

  std::vector<std::string> argv = options.argv;
  std::vector<std::string> environment = merged_environment(options.environment);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, argv.front().c_str(), actions.get(), attributes.get(), pointers(argv).data(),
                                   pointers(environment).data());
  if (error != 0) return std::unexpected(error_from_errno(error, fmt::format("cannot start \"{}\"", argv.front())));
  return pid;
}

UniqueFd open_pidfd(pid_t pid) {
#ifdef SYS_pidfd_open
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));  // close-on-exec by definition
#else
  static_cast<void>(pid);
  return {};
#endif
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected(error_from_errno(errno, "cannot make a pipe"));
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace zimu
