#include "supervisor/worker_slot.hpp"

#include "observe/log.hpp"
#include "observe/metrics.hpp"

namespace zimu::supervisor {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kMaxStrayEvents = 1000;  // left over from a job that was cancelled; more is a worker gone mad

}  // namespace

void WorkerSlot::begin_job(const std::string& id) {
  const std::lock_guard lock(mutex_);
  job_id_ = id;
  woken_ = false;
}

void WorkerSlot::end_job() {
  if (doomed_) drop();
  last_used_ = steady_clock::now();
  const std::lock_guard lock(mutex_);
  job_id_.clear();
}

WorkerProcess::Options WorkerSlot::process_options(const std::function<bool()>& give_up) const {
  WorkerProcess::Options options;
  options.command = context_.options.worker_command;
  options.give_up = give_up;
  // Called by the slot's thread only, which is also the only one that changes the id.
  options.on_log = [this](std::string_view line) {
    log_info("{} worker{}{}: {}", kind_, job_id_.empty() ? "" : " for ", job_id_, line);
  };
  return options;
}

Result<WorkerProcess*> WorkerSlot::ensure(const std::function<bool()>& give_up) {
  if (is_alive()) return process_.get();
  milliseconds backoff = kFirstBackoff;
  for (int attempt = 1;; ++attempt) {
    if (give_up()) return fail(ErrorCode::kCancelled, "the start of the worker was given up");
    auto spawned = WorkerProcess::spawn(process_options(give_up));
    if (spawned) {
      log_info("{} worker started: process {}, {}", kind_, (*spawned)->pid(), (*spawned)->hello().engine);
      const std::lock_guard lock(mutex_);
      process_ = std::move(*spawned);
      return process_.get();
    }
    Error why = std::move(spawned).error();
    if (why.code == ErrorCode::kCancelled) return std::unexpected(std::move(why));
    log_warn("{} (try {} of {})", why.message, attempt, kSpawnTries);
    if (attempt == kSpawnTries) {
      why.message += fmt::format(" (tried {} times)", kSpawnTries);
      return std::unexpected(std::move(why));
    }
    sleep_for(backoff);
    backoff *= 2;
  }
}

bool WorkerSlot::is_alive() {
  if (doomed_) drop();
  if (!process_) return false;
  for (int stray = 0; stray < kMaxStrayEvents; ++stray) {
    const auto event = process_->next(milliseconds(0));
    if (event && !*event) return true;
    if (event) continue;
    log_warn("{} worker lost while idle: {}", kind_, event.error().message);
    if (context_.options.metrics != nullptr) context_.options.metrics->add_worker_restart();
    drop();
    return false;
  }
  log_warn("{} worker talks without end though it has no job; it is replaced", kind_);
  kill();
  drop();
  return false;
}

void WorkerSlot::drop() {
  doomed_ = false;
  std::unique_ptr<WorkerProcess> ended;
  {
    const std::lock_guard lock(mutex_);
    ended = std::move(process_);
    model_.clear();
    device_.clear();
  }
  // Destroyed here, outside the lock: the ladder takes seconds when the worker is stubborn.
}

void WorkerSlot::kill() {
  if (!process_) return;
  process_->kill_now();
  doomed_ = true;
}

void WorkerSlot::idle(std::chrono::seconds idle_limit) {
  if (!is_alive() || steady_clock::now() - last_used_ < idle_limit) return;
  log_info("{} worker stopped after {} s without work; its memory is free again", kind_, idle_limit.count());
  drop();
}

void WorkerSlot::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  woken_cv_.notify_all();
  if (process_) process_->wake();
}

void WorkerSlot::sleep_for(milliseconds at_most) {
  std::unique_lock lock(mutex_);
  woken_cv_.wait_for(lock, at_most, [this] { return woken_; });
}

bool WorkerSlot::works_on(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return job_id_ == id;
}

void WorkerSlot::note(const std::string& model, const std::string& device) {
  const std::lock_guard lock(mutex_);
  if (!model.empty()) model_ = model;
  if (!device.empty()) device_ = device;
}

Supervisor::SlotStatus WorkerSlot::status() const {
  const std::lock_guard lock(mutex_);
  Supervisor::SlotStatus status;
  status.kind = kind_;
  status.job_id = job_id_;
  if (!process_) return status;
  status.pid = process_->pid();
  status.engine = process_->hello().engine;
  status.memory_bytes = observe::resident_bytes(status.pid);
  status.device = device_;
  status.model = model_;
  return status;
}

}  // namespace zimu::supervisor
