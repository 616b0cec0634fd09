#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "supervisor/spawn.hpp"

/// The program ffmpeg (or ffprobe) as a child process. Private to supervisor/. Thread: the caller's.
namespace zimu::supervisor {

struct FfmpegCall {
  std::vector<std::string> command;  ///< argv, looked up in PATH; what it says about its progress goes to pipe:4
  std::filesystem::path folder;      ///< where it works
  std::function<void(Milliseconds done, double speed)> on_progress = {};
  std::function<void(std::string_view line)> on_line = {};  ///< of stdout and stderr, bounded (supervisor/log_lines.hpp)
  std::function<bool()> give_up = {};                       ///< asked ten times a second; true: it is killed
  std::function<void(pid_t pid)> on_start = {};
};
/// How it ended; kUnavailable when it cannot be started, kCancelled when it was given up. It and all it started are gone.
Result<Ending> run_ffmpeg(const FfmpegCall& call);

/// Reads `-progress`: blocks of name=value. Public for its test.
class FfmpegProgress {
 public:
  /// True when a block has ended: `done` and `speed` are new.
  bool feed(std::string_view bytes);
  Milliseconds done{0};
  double speed = 0;  ///< 0: not known

 private:
  bool end_line();
  std::string line_;
};

/// Ends every process whose working folder lies in `folder`: what a killed server left running.
int end_processes_in(const std::filesystem::path& folder);

}  // namespace zimu::supervisor
