#include "worker/worker_main.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "asr/engine.hpp"
#include "worker/event_writer.hpp"
#include "worker/inspect_job.hpp"
#include "worker/transcribe_job.hpp"

namespace zimu::worker {
namespace {

constexpr std::size_t kMaxWaiting = 16;

const std::string& job_of(const protocol::Request& request) {
  return std::visit([](const auto& r) -> const std::string& { return r.job; }, request);
}

/// Requests from fd 3, read by a thread of its own so that a cancel reaches a running job. The end of fd 3 ends the
/// process at once: nobody waits for the rest.
class Inbox {
 public:
  void start() {
    std::thread([this] { read_all(); }).detach();  // lives as long as the process
  }

  /// From now on a cancel is for this job; one that came while it waited counts.
  protocol::Request next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !waiting_.empty(); });
    protocol::Request request = std::move(waiting_.front());
    waiting_.pop_front();
    running_ = job_of(request);
    cancel_ = cancelled_early_.erase(running_) > 0;
    return request;
  }

  const std::atomic<bool>& cancel() const { return cancel_; }

 private:
  void read_all() {
    protocol::LineSplitter lines;
    std::array<char, 65536> buffer;
    while (true) {
      const ssize_t n = ::read(protocol::kRequestFd, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) ::_exit(0);
      if (!lines.feed({buffer.data(), static_cast<std::size_t>(n)})) ::_exit(1);
      while (const auto line = lines.next()) take(*line);
    }
  }

  void take(const std::string& line) {
    auto request = protocol::decode_request(line);
    if (!request) {
      fmt::print(stderr, "zimu-worker: request refused: {}\n", request.error().message);
      return;
    }
    const std::scoped_lock lock(mutex_);
    if (const auto* cancel = std::get_if<protocol::CancelRequest>(&*request)) {
      const auto waits = [cancel](const protocol::Request& waiting) { return job_of(waiting) == cancel->job; };
      if (std::ranges::any_of(waiting_, waits)) {
        cancelled_early_.insert(cancel->job);
      } else if (cancel->job == running_) {
        cancel_ = true;
      }
      return;
    }
    if (waiting_.size() >= kMaxWaiting) {
      fmt::print(stderr, "zimu-worker: too many requests wait, one is dropped\n");
      return;
    }
    waiting_.push_back(std::move(*request));
    changed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<protocol::Request> waiting_;
  std::set<std::string> cancelled_early_;  ///< jobs that wait
  std::string running_;
  std::atomic<bool> cancel_{false};
};

protocol::HelloEvent hello() {
  protocol::HelloEvent event;
  event.pid = ::getpid();
  event.engine = asr::engine_version();
  event.devices = asr::engine_devices();
  event.features = {"words", "translate", "inspect", "span", "poster"};
  return event;
}

Result<protocol::DoneEvent> run_request(const protocol::Request& request, ModelCache& models, EventWriter& events,
                                        const std::atomic<bool>& cancel) {
  // What no layer expected costs this job, not the process.
  try {
    if (const auto* transcribe = std::get_if<protocol::TranscribeRequest>(&request)) {
      return run_transcription(*transcribe, models, events, cancel);
    }
    return run_inspection(std::get<protocol::InspectRequest>(request), events, cancel);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "the worker ran out of memory", "use a smaller model, or give the machine more");
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInternal, fmt::format("the worker failed: {}", error.what()), "report this with the file");
  }
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

}  // namespace

int run(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--version") {
    fmt::print("zimu-worker {} (protocol {}, {})\n", ZIMU_VERSION, protocol::kVersion, asr::engine_version());
    return 0;
  }
  if (!is_open(protocol::kRequestFd) || !is_open(protocol::kEventFd)) {
    fmt::print(stderr, "zimu-worker is started by zimu, with its protocol on file descriptors 3 and 4.\n");
    return 64;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGPIPE, SIG_IGN);
#if defined(__GLIBC__)
  // Windows of audio come and go: their megabytes stay with the process instead of being cleared by the kernel each time.
  constexpr int kKeptBytes = 32 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kKeptBytes);
  ::mallopt(M_TRIM_THRESHOLD, 4 * kKeptBytes);
#endif
  EventWriter events(protocol::kEventFd);
  events.write(hello());
  Inbox inbox;
  inbox.start();
  ModelCache models;
  while (true) {
    const protocol::Request request = inbox.next();
    auto done = run_request(request, models, events, inbox.cancel());
    // What a library says when it is stopped in the middle may look like a damaged file.
    if (!done && inbox.cancel()) done = fail(ErrorCode::kCancelled, "cancelled");
    if (done) {
      events.write(*done);
    } else {
      const Error& error = done.error();
      const bool retryable = error.code == ErrorCode::kOutOfMemory || error.code == ErrorCode::kUnavailable;
      events.write(protocol::FailedEvent{job_of(request), error.code, error.message, error.action, retryable});
    }
  }
}

}  // namespace zimu::worker
