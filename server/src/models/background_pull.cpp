#include "models/background_pull.hpp"

#include <fmt/format.h>

#include <utility>

namespace zimu::models {
namespace {

constexpr std::chrono::milliseconds kTellEvery{200};

}  // namespace

BackgroundPull::BackgroundPull(Registry& registry, std::string name, PullOptions options, OnEnd on_end,
                               std::string source)
    : registry_(registry),
      name_(std::move(name)),
      options_(std::move(options)),
      on_end_(std::move(on_end)),
      source_(source.empty() ? name_ : std::move(source)) {}

BackgroundPull::~BackgroundPull() {
  std::jthread last;
  {
    const std::scoped_lock lock(mutex_);
    last = std::move(thread_);
  }
  // jthread asks it to stop and waits for it, without our lock.
}

void BackgroundPull::start() {
  if (options_.offline || registry_.find(name_)) return;
  const std::scoped_lock lock(mutex_);
  start_locked();
}

void BackgroundPull::start_locked() {
  if (running_) return;
  running_ = true;
  progress_ = {};
  failure_.reset();
  // The thread of an attempt that ended is past its last lock: joining it here is short.
  thread_ = std::jthread([this](const std::stop_token& stop) { attempt(stop); });
}

void BackgroundPull::attempt(const std::stop_token& stop) {
  PullOptions options = options_;
  options.stop = stop;
  const auto pulled = pull_model(registry_, source_, options, [this](const Progress& progress) {
    const std::scoped_lock lock(mutex_);
    progress_ = progress;
  });
  if (on_end_) on_end_(pulled);
  const std::scoped_lock lock(mutex_);
  running_ = false;
  if (!pulled) failure_ = pulled.error();
  changed_.notify_all();
}

Result<std::filesystem::path> BackgroundPull::find(const std::string& name, const OnWait& on_wait) {
  auto found = registry_.find(name);
  if (found) return found->path;
  if (name != name_ || options_.offline) return std::unexpected(found.error());
  std::unique_lock lock(mutex_);
  start_locked();
  while (running_) {
    const std::string stage = stage_locked();
    lock.unlock();
    if (!on_wait(stage)) return fail(ErrorCode::kCancelled, "the wait for the model was given up");
    lock.lock();
    changed_.wait_for(lock, kTellEvery, [this] { return !running_; });
  }
  if (failure_) return std::unexpected(*failure_);
  lock.unlock();
  ZIMU_TRY(const auto model, registry_.find(name));
  return model.path;
}

std::optional<std::string> BackgroundPull::stage() const {
  const std::scoped_lock lock(mutex_);
  if (!running_) return std::nullopt;
  return stage_locked();
}

std::string BackgroundPull::stage_locked() const {
  if (progress_.total == 0) return fmt::format("the model {} is being fetched", name_);
  return fmt::format("the model {} is being fetched: {} %", name_, progress_.done * 100 / progress_.total);
}

}  // namespace zimu::models
