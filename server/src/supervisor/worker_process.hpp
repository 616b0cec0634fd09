#pragma once
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "protocol/messages.hpp"

namespace zimu::supervisor {

/// One worker process: spawned with the protocol on fd 3/4, stdout and stderr captured as log lines, in its
/// own process group; it ends by itself when fd 3 does. Any program that speaks the protocol will do. Thread:
/// one at a time, but `wake`, `pid` and `hello` any.
class WorkerProcess {
 public:
  struct Options {
    std::vector<std::string> command;  ///< argv; [0] is looked up in PATH when it has no '/'
    std::function<void(std::string_view line)>
        on_log;  ///< each line of stdout/stderr, at most 4 KiB, rate-limited
    std::chrono::milliseconds hello_timeout{20'000};
    std::chrono::milliseconds term_grace{3'000};  ///< SIGTERM → SIGKILL
    std::function<bool()> give_up;                ///< asked often during `spawn`; true ends it (kCancelled)
  };
  static constexpr std::chrono::milliseconds kEndGrace{500};     ///< end of fd 3 → SIGTERM
  static constexpr std::chrono::milliseconds kSendTimeout{200};  ///< a worker must read its requests so soon

  /// Spawns and waits for a valid hello. kUnavailable when the program is missing, does not start, or speaks
  /// another protocol version.
  static Result<std::unique_ptr<WorkerProcess>> spawn(Options options);
  ~WorkerProcess();  ///< the whole ladder: close fd 3, SIGTERM, SIGKILL to the group; never leaves a zombie

  const protocol::HelloEvent& hello() const;
  pid_t pid() const;
  /// kWorkerCrashed when it has ended, kTimeout when it does not read; then only `kill_now` makes sense.
  Result<> send(const protocol::Request& request);
  /// The next event; nullopt when `at_most` passed or `wake` was called. kWorkerCrashed once the process has
  /// ended and every event it wrote was returned: the message names the signal ("SIGSEGV") or the exit
  /// status. kProtocol for a line that is not a message (after one that is too long, for ever).
  Result<std::optional<protocol::Event>> next(std::chrono::milliseconds at_most);
  /// What it printed last, as printable ASCII and short: often the reason why it gave up. May be empty.
  std::string last_words() const;
  void wake() noexcept;
  void kill_now() noexcept;  ///< SIGKILL to the process group
  /// Human name of a signal number: "SIGKILL".
  static std::string signal_name(int signal);

 private:
  struct Impl;
  explicit WorkerProcess(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace zimu::supervisor
