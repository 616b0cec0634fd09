#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace zimu::doctor {

struct RunLimits {
  std::chrono::milliseconds time{5000};
  std::size_t bytes = 64U << 10U;  ///< of standard output; the rest is read and thrown away
  std::stop_token stop = {};
};

struct ProgramEnd {
  std::string output;      ///< standard output
  bool timed_out = false;  ///< killed, because the time was over or a stop was asked for
  bool by_signal = false;
  int code = 0;     ///< exit status or signal
  pid_t stuck = 0;  ///< not 0: even SIGKILL did not end it (it hangs in the kernel); reap it later
};

/// Runs a short program to its end, whatever it does: it may hang, crash or write for ever. Standard input
/// and error are /dev/null, no other descriptor is inherited, and its whole process group is killed when the
/// time is over. kNotFound and others when it cannot be started. Blocking; thread: any.
Result<ProgramEnd> run_program(std::vector<std::string> argv, const RunLimits& limits);

}  // namespace zimu::doctor
