#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "domain/job.hpp"
#include "domain/transcript.hpp"
#include "protocol/messages.hpp"
#include "supervisor/worker_process.hpp"

namespace zimu::cli {

struct SessionProgress {
  std::string stage;
  double share = -1;  ///< 0..1; negative when the length is unknown
  double speed = 0;
};

struct Transcribed {
  domain::Transcript transcript;
  protocol::DoneEvent done;  ///< where the time went: of the last worker, when one had died
  std::int64_t windows = 0;  ///< finished ones
  std::int64_t retried = 0;  ///< of these, decoded more than once
};

/// Runs files through one worker process, without a server or a database. A worker that dies is started again and goes
/// on from the last finished window; twice on the same window is kWorkerCrashed. Thread: one at a time.
class TranscribeSession {
 public:
  TranscribeSession(std::vector<std::string> worker_command, std::filesystem::path model);

  /// Blocks until done. kCancelled when `interrupted` turned true (asked at least five times a second).
  Result<Transcribed> run(const std::filesystem::path& media, const domain::TranscribeOptions& options,
                          const std::function<void(const SessionProgress&)>& on_progress,
                          const std::function<bool()>& interrupted);

 private:
  struct Run;
  Result<> ensure_worker();
  Result<> drive(Run& run);
  Result<bool> handle(Run& run, const protocol::Event& event);
  static void take_coverage(Run& run, const domain::Window& window);

  std::vector<std::string> command_;
  std::filesystem::path model_;
  std::unique_ptr<supervisor::WorkerProcess> worker_;
};

}  // namespace zimu::cli
