#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/result.hpp"

namespace zimu {

struct SpawnOptions {
  struct Pass {
    int fd = -1;  ///< ours
    int as = 0;   ///< its number there; several may come from one of ours
  };
  std::vector<std::string> argv;              ///< argv[0] is looked up in PATH when it has no '/'; no shell in between
  std::vector<std::string> environment = {};  ///< "NAME=value" that replace or add to this process's own
  std::filesystem::path folder = {};          ///< where it works; empty: where we do
  std::vector<Pass> pass = {};                ///< what it gets; of 0, 1 and 2 the others are /dev/null
};

/// Starts a program with posix_spawn(3): no fork of a threaded process. It leads a process group of its own, has default
/// signals with none blocked, and inherits no descriptor but `pass`. The error names the program, and is that of errno
/// (kNotFound: no such program). Thread: any.
Result<pid_t> spawn(const SpawnOptions& options);

/// Readable once the child has ended; empty on kernels before 5.3.
UniqueFd open_pidfd(pid_t pid);

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};
Result<Pipe> make_pipe();  ///< close-on-exec

}  // namespace zimu
