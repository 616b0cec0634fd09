#include "supervisor/worker_process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.hpp"
#include "supervisor/log_lines.hpp"
#include "supervisor/pipe_io.hpp"
#include "supervisor/spawn.hpp"

namespace zimu::supervisor {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kGiveUpTick{50};   // how often `give_up` is asked while hello is awaited
constexpr milliseconds kNoPidfdTick{50};  // how often the end is looked for where there is no pidfd
constexpr milliseconds kReapPatience{
    10'000};  // SIGKILL → gone; a process stuck in a driver may take for ever
constexpr std::size_t kMaxAfterDeath = 2U << 20U;  // bytes still read; a pipe holds at most 1 MiB
constexpr std::size_t kLastWords = 200;

Error death(const Ending& ending) {
  if (!ending.by_signal) {
    return {ErrorCode::kWorkerCrashed, fmt::format("the worker ended with exit status {}", ending.code),
            "look at the server's log for what the worker printed"};
  }
  Error error{ErrorCode::kWorkerCrashed,
              fmt::format("the worker was killed by {}", WorkerProcess::signal_name(ending.code)),
              "look at the server's log for what the worker printed, or try another model or device"};
  if (ending.code == SIGKILL)
    error.action = "the system may be out of memory: try a smaller model, or give it more memory";
  return error;
}

}  // namespace

struct WorkerProcess::Impl {
  explicit Impl(Options wanted)
      : options(std::move(wanted)), log([this](std::string_view line) { pass_on(line); }) {}

  void pass_on(std::string_view line) const {
    if (options.on_log) options.on_log(line);
  }

  Options options;
  Spawned child;
  UniqueFd wake_fd;
  LogLines log;
  protocol::LineSplitter lines;
  protocol::HelloEvent hello;
  std::optional<Ending> ending;
  std::optional<Error> broken;  ///< the event stream cannot be cut into lines any more
  std::size_t after_death = 0;

  bool take_wake();
  void wait_for_something(milliseconds at_most);
  bool read_events();
  void read_log();
  void look_for_end();
  bool wait_end(milliseconds at_most);
  Error failed_start(const std::string& what) const;
};

bool WorkerProcess::Impl::take_wake() {
  std::uint64_t count = 0;
  return ::read(wake_fd.get(), &count, sizeof count) == sizeof count;
}

/// One poll over everything that can happen; pipes are read later, one bounded piece each, so that a flood on
/// one of them starves nothing.
void WorkerProcess::Impl::wait_for_something(milliseconds at_most) {
  // poll(2) skips negative fds: that is how ended pipes are left out.
  std::array<pollfd, 4> fds{pollfd{child.events.get(), POLLIN, 0}, pollfd{child.log.get(), POLLIN, 0},
                            pollfd{child.pidfd.get(), POLLIN, 0}, pollfd{wake_fd.get(), POLLIN, 0}};
  if (!child.pidfd) at_most = std::min(at_most, kNoPidfdTick);
  const auto timeout = std::clamp<milliseconds::rep>(at_most.count(), 0, 3'600'000);
  if (::poll(fds.data(), fds.size(), static_cast<int>(timeout)) < 0) return;  // EINTR: the callers loop
  if (fds[1].revents != 0) read_log();
  if (fds[2].revents != 0 || !child.pidfd) look_for_end();
}

void WorkerProcess::Impl::look_for_end() {
  if (!ending) ending = reap_child(child.pid);
}

/// True when bytes came.
bool WorkerProcess::Impl::read_events() {
  std::array<char, kPiece> piece;
  const std::string_view bytes = read_piece(child.events, piece);
  if (bytes.empty()) return false;
  if (ending) after_death += bytes.size();
  if (broken) return true;
  if (auto fed = lines.feed(bytes); !fed) broken = std::move(fed).error();
  return true;
}

void WorkerProcess::Impl::read_log() {
  std::array<char, kPiece> piece;
  log.feed(read_piece(child.log, piece), Clock::now());
}

bool WorkerProcess::Impl::wait_end(milliseconds at_most) {
  const auto deadline = Clock::now() + at_most;
  look_for_end();
  while (!ending && Clock::now() < deadline) {
    wait_for_something(std::chrono::ceil<milliseconds>(deadline - Clock::now()));
    std::array<char, kPiece> piece;
    read_piece(child.events,
               piece);  // nobody wants them any more, but a worker blocked on writing cannot end
    take_wake();
  }
  return ending.has_value();
}

Error WorkerProcess::Impl::failed_start(const std::string& what) const {
  return {
      ErrorCode::kUnavailable, fmt::format("the worker \"{}\" {}", options.command.front(), what),
      "look at the server's log for what it printed, or check ZIMU_WORKER_COMMAND; `zimu doctor` tells more"};
}

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::spawn(Options options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  impl->wake_fd = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!impl->wake_fd) return std::unexpected(error_from_errno(errno, "cannot make an eventfd"));
  ZIMU_TRY(impl->child, spawn_child(impl->options.command));
  std::unique_ptr<WorkerProcess> worker(new WorkerProcess(std::move(impl)));

  const auto failed = [&worker](Error why) -> Result<std::unique_ptr<WorkerProcess>> {
    worker->kill_now();  // it has nothing to lose yet
    return std::unexpected(std::move(why));
  };
  const Impl& state = *worker->impl_;
  const auto deadline = Clock::now() + state.options.hello_timeout;
  while (true) {
    auto event = worker->next(kGiveUpTick);
    if (!event && event.error().code == ErrorCode::kWorkerCrashed) {
      const std::string words = worker->last_words();
      const std::string ended = death(*state.ending).message.substr(std::string_view("the worker ").size());
      return failed(state.failed_start(fmt::format("{} before it said hello{}{}", ended,
                                                   words.empty() ? "" : "; the last it printed: ", words)));
    }
    if (!event)
      return failed(
          state.failed_start(fmt::format("does not speak the protocol: {}", event.error().message)));
    if (*event) {
      const auto* hello = std::get_if<protocol::HelloEvent>(&**event);
      if (hello == nullptr)
        return failed(state.failed_start("does not speak the protocol: its first event is no hello"));
      if (hello->version != protocol::kVersion) {
        return failed(
            state.failed_start(fmt::format("speaks protocol version {}, this server speaks version {}",
                                           hello->version, protocol::kVersion)));
      }
      worker->impl_->hello = *hello;
      return worker;
    }
    if (state.options.give_up && state.options.give_up()) {
      return failed({ErrorCode::kCancelled, "the start of the worker was given up"});
    }
    if (Clock::now() >= deadline) {
      return failed(state.failed_start(
          fmt::format("did not say hello within {} ms", state.options.hello_timeout.count())));
    }
  }
}

WorkerProcess::WorkerProcess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

WorkerProcess::~WorkerProcess() {
  impl_->child.requests.reset();
  bool ended = impl_->wait_end(kEndGrace);
  if (!ended) {
    ::kill(-impl_->child.pid, SIGTERM);
    ended = impl_->wait_end(impl_->options.term_grace);
  }
  if (!ended) {
    kill_now();
    ended = impl_->wait_end(kReapPatience);
  }
  impl_->read_log();
  impl_->log.finish(Clock::now());
  if (!ended) impl_->pass_on(fmt::format("process {} does not go away even after SIGKILL", impl_->child.pid));
}

const protocol::HelloEvent& WorkerProcess::hello() const {
  return impl_->hello;
}

pid_t WorkerProcess::pid() const {
  return impl_->child.pid;
}

Result<> WorkerProcess::send(const protocol::Request& request) {
  const std::string line = protocol::encode(request) + '\n';
  return write_line(impl_->child.requests, line, kSendTimeout);
}

Result<std::optional<protocol::Event>> WorkerProcess::next(milliseconds at_most) {
  const auto deadline = Clock::now() + at_most;
  for (bool first = true;; first = false) {
    // Before the events: a worker that floods us must not keep us from hearing a cancellation.
    if (impl_->take_wake()) return std::nullopt;
    if (auto line = impl_->lines.next()) {
      if (line->empty()) continue;
      ZIMU_TRY(auto event, protocol::decode_event(*line));
      return event;
    }
    if (impl_->broken) return std::unexpected(*impl_->broken);
    if (impl_->ending) {
      if (impl_->after_death < kMaxAfterDeath && impl_->read_events()) continue;
      impl_->read_log();
      return std::unexpected(death(*impl_->ending));
    }
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (left <= milliseconds(0) && !first) return std::nullopt;
    impl_->wait_for_something(left);
    impl_->read_events();
  }
}

std::string WorkerProcess::last_words() const {
  std::string words = impl_->log.last().substr(0, kLastWords);
  std::replace_if(words.begin(), words.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return words;
}

void WorkerProcess::wake() noexcept {
  const std::uint64_t one = 1;
  // Fails only when 2^64-2 wakes are pending: it is awake then.
  [[maybe_unused]] const ssize_t ignored = ::write(impl_->wake_fd.get(), &one, sizeof one);
}

void WorkerProcess::kill_now() noexcept {
  if (!impl_->ending) ::kill(-impl_->child.pid, SIGKILL);
}

std::string WorkerProcess::signal_name(int signal) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 32)
  if (const char* name = ::sigabbrev_np(signal)) return fmt::format("SIG{}", name);
#endif
  return fmt::format("signal {}", signal);
}

}  // namespace zimu::supervisor
