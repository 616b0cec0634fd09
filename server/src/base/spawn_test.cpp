#include "base/spawn.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace zimu {
namespace {

std::string read_to_end(int fd) {
  std::string all;
  char piece[4096];
  while (const ssize_t got = ::read(fd, piece, sizeof(piece))) {
    if (got < 0) break;
    all.append(piece, static_cast<std::size_t>(got));
  }
  return all;
}

struct Ended {
  std::string said;  ///< on what was passed as 1
  int status = -1;
};

/// Runs a script of the shell to its end.
Ended run(const std::string& script, SpawnOptions options = {}) {
  auto pipe = make_pipe();
  EXPECT_TRUE(pipe);
  options.argv = {"sh", "-c", script};
  options.pass.push_back({pipe->write.get(), STDOUT_FILENO});
  const auto pid = spawn(options);
  EXPECT_TRUE(pid) << pid.error().message;
  pipe->write.reset();
  Ended end{.said = read_to_end(pipe->read.get())};
  int status = 0;
  EXPECT_EQ(::waitpid(*pid, &status, 0), *pid);
  if (WIFEXITED(status)) end.status = WEXITSTATUS(status);
  return end;
}

TEST(Spawn, RunsInItsFolderAndGivesItsStatus) {
  const auto end = run("pwd; exit 7", {.argv = {}, .folder = "/usr/lib"});
  EXPECT_EQ(end.said, "/usr/lib\n");
  EXPECT_EQ(end.status, 7);
}

TEST(Spawn, ChangesAndAddsVariablesAndKeepsTheOthers) {
  ASSERT_EQ(::setenv("ZIMU_SPAWN_KEPT", "kept", 1), 0);
  ASSERT_EQ(::setenv("ZIMU_SPAWN_CHANGED", "old", 1), 0);
  const auto end = run("echo \"$ZIMU_SPAWN_KEPT $ZIMU_SPAWN_CHANGED $ZIMU_SPAWN_NEW\"; env | grep -c ZIMU_SPAWN_CHANGED",
                       {.argv = {}, .environment = {"ZIMU_SPAWN_CHANGED=a=b", "ZIMU_SPAWN_NEW=new"}});
  EXPECT_EQ(end.said, "kept a=b new\n1\n");
  EXPECT_STREQ(::getenv("ZIMU_SPAWN_CHANGED"), "old") << "our own stay";
  ::unsetenv("ZIMU_SPAWN_KEPT");
  ::unsetenv("ZIMU_SPAWN_CHANGED");
}

TEST(Spawn, NoDescriptorButThosePassedAndDevNull) {
  const UniqueFd leak(::open("/etc/passwd", O_RDONLY));  // not close-on-exec
  ASSERT_TRUE(leak);
  ASSERT_GE(::fcntl(leak.get(), F_DUPFD, 40), 0);
  const auto end = run("readlink /proc/$$/fd/0 /proc/$$/fd/2; n=3; while [ $n -lt 64 ]; do "
                       "[ ! -e /proc/$$/fd/$n ] || echo open $n; n=$((n + 1)); done");
  EXPECT_EQ(end.said, "/dev/null\n/dev/null\n");
  ::close(40);
}

TEST(Spawn, EveryNumberIsRightWhicheverOursAre) {
  // Ours are 3 and 4 the wrong way round, so that passing one on could write over the other.
  auto first = make_pipe();
  auto second = make_pipe();
  ASSERT_TRUE(first && second);
  const int a = first->write.get();
  const int b = second->write.get();
  const auto end = run("echo to-a >&" + std::to_string(b) + "; echo to-b >&" + std::to_string(a),
                       {.argv = {}, .pass = {{a, b}, {b, a}}});
  EXPECT_EQ(end.status, 0);
  first->write.reset();
  second->write.reset();
  EXPECT_EQ(read_to_end(first->read.get()), "to-a\n");
  EXPECT_EQ(read_to_end(second->read.get()), "to-b\n");
}

TEST(Spawn, OneOfOursAsSeveralOfTheirs) {
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  EXPECT_EQ(run("echo two >&2; echo five >&5", {.argv = {}, .pass = {{pipe->write.get(), 2}, {pipe->write.get(), 5}}}).status, 0);
  pipe->write.reset();
  EXPECT_EQ(read_to_end(pipe->read.get()), "two\nfive\n");
}

TEST(Spawn, LeadsAGroupAndCanBeStoppedWhateverWeIgnore) {
  const auto before = ::signal(SIGTERM, SIG_IGN);
  const auto pid = spawn({.argv = {"sleep", "600"}});
  ::signal(SIGTERM, before);
  ASSERT_TRUE(pid);
  EXPECT_EQ(::getpgid(*pid), *pid);
  const UniqueFd pidfd = open_pidfd(*pid);
  ASSERT_EQ(::kill(-*pid, SIGTERM), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(*pid, &status, 0), *pid);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

TEST(Spawn, NamesTheProgramThatIsNotThere) {
  const auto pid = spawn({.argv = {"no-such-program-of-zimu"}});
  ASSERT_FALSE(pid);
  EXPECT_EQ(pid.error().code, ErrorCode::kNotFound);
  EXPECT_NE(pid.error().message.find("no-such-program-of-zimu"), std::string::npos);
}

}  // namespace
}  // namespace zimu
