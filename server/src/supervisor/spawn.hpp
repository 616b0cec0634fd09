#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/result.hpp"

namespace zimu::supervisor {

/// How a process ended.
struct Ending {
  bool by_signal = false;
  int code = 0;  ///< signal number or exit status
};

/// A started child in its own process group with the pipes to it; every fd here is close-on-exec, and ours is
/// non-blocking. The child got: stdin /dev/null, stdout and stderr the log pipe, 3 requests, 4 events,
/// nothing else.
struct Spawned {
  pid_t pid = 0;
  UniqueFd pidfd;     ///< readable once the child has ended; empty on kernels before 5.3
  UniqueFd requests;  ///< write end
  UniqueFd events;    ///< read end
  UniqueFd log;       ///< read end
};

/// As base/spawn.hpp starts it. kUnavailable naming the program when it cannot be started. It works in `folder`;
/// empty: in ours.
Result<Spawned> spawn_child(const std::vector<std::string>& argv, const std::filesystem::path& folder = {});

/// How the child ended, or nullopt while it runs. Before it is reaped (and its id may be used again), what it
/// left in its process group is killed. Call it no more after an answer.
std::optional<Ending> reap_child(pid_t pid);

}  // namespace zimu::supervisor
