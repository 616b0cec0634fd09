#include "models/pull_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/file.hpp"

namespace zimu::models {
namespace {

constexpr std::chrono::milliseconds kTellEvery{250};
constexpr std::chrono::milliseconds kLookEvery{200};
constexpr std::uint64_t kMaxListBytes = 4096;
/// The download is by far the longest of the steps.
constexpr double kDownloadShare = 0.9;

std::filesystem::path list_path(const Registry& registry) { return registry.dir() / ".downloads" / ".queue"; }

bool is_measured(const std::string& step) { return step == "download" || step == "verify" || step == "convert"; }

double share_of(const Progress& progress) {
  if (progress.step == "verify") return kDownloadShare;
  const double part =
      progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : 0;
  return progress.step == "convert" ? kDownloadShare + (1 - kDownloadShare) * part : kDownloadShare * part;
}

}  // namespace

PullQueue::PullQueue(Registry& registry, Options options)
    : registry_(registry), options_(std::move(options)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

PullQueue::~PullQueue() { stop(); }

void PullQueue::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void PullQueue::start() {
  if (options_.pull.offline) return;
  const bool has_default = registry_.find(options_.default_model).has_value();
  {
    const std::scoped_lock lock(mutex_);
    if (!has_default && enqueue_default()) tell({options_.default_model});
    for (const std::string& name : saved()) {
      if (waiting_.size() > kMaxWaiting || is_active(name) || !can_pull(name) || registry_.find(name)) continue;
      waiting_.push_back(name);
      tell({name});
    }
  }
  changed_.notify_all();
}

Result<PullStatus> PullQueue::request(const std::string& name) {
  PullStatus status{name};
  {
    const std::scoped_lock lock(mutex_);
    if (!can_pull(name)) {
      return fail(ErrorCode::kNotFound, fmt::format("there is no model \"{}\" to fetch", name),
                  "GET /api/v1/models lists those there are; zimu models pull owner/name takes any from the hub");
    }
    if (running_ && running_->name == name) return *running_;
    if (is_waiting(name)) return status;
    if (options_.pull.offline) {
      return fail(ErrorCode::kConflict, fmt::format("model {} is not fetched, because HF_HUB_OFFLINE forbids it", name),
                  "take HF_HUB_OFFLINE away and start Zimu again, or copy the model here and run zimu models import PATH");
    }
    if (registry_.find(name)) return fail(ErrorCode::kConflict, fmt::format("model {} is installed already", name));
    if (waiting_.size() >= kMaxWaiting) {
      return fail(ErrorCode::kConflict, fmt::format("{} models wait to be fetched; that is the most", waiting_.size()),
                  "wait until some are here, or cancel one");
    }
    waiting_.push_back(name);
    if (auto written = save(); !written) {
      waiting_.pop_back();
      return std::unexpected(written.error());
    }
    failed_.erase(name);
    tell(status);
  }
  changed_.notify_all();
  return status;
}

Result<> PullQueue::cancel(const std::string& name) {
  {
    const std::scoped_lock lock(mutex_);
    if (running_ && running_->name == name) {
      cancelled_ = true;
      attempt_stop_.request_stop();
      return {};  // `settle` drops what has come and tells of it
    }
    const auto found = std::find(waiting_.begin(), waiting_.end(), name);
    const bool waited = found != waiting_.end();
    if (!waited && failed_.erase(name) == 0) {
      return fail(ErrorCode::kNotFound, fmt::format("model {} is not being fetched", name));
    }
    if (waited) waiting_.erase(found);
    (void)save();
    // Under the lock, so that no new attempt begins meanwhile. What another process fetches is its own.
    if (const auto dropped = discard_pull(registry_, name); !dropped && dropped.error().code != ErrorCode::kConflict)
      return dropped;
    tell({name, PullState::kCancelled});
  }
  changed_.notify_all();
  return {};
}

Result<> PullQueue::remove(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  if (is_active(name)) {
    return fail(ErrorCode::kConflict, fmt::format("model {} is being fetched", name), "cancel that first");
  }
  ZIMU_TRY_VOID(registry_.remove(name));
  tell({name, PullState::kCancelled});
  return {};
}

Result<std::filesystem::path> PullQueue::find(const std::string& name, const OnWait& on_wait) {
  auto found = registry_.find(name);
  if (found) return found->path;
  std::unique_lock lock(mutex_);
  if (name != options_.default_model || options_.pull.offline) {
    if (!is_active(name)) return std::unexpected(found.error());
    return fail(ErrorCode::kModelMissing, fmt::format("{}; it is not here yet", stage_of(name)),
                "try again when it is");
  }
  const bool begun = enqueue_default();
  failed_.erase(name);
  if (begun) tell({name});
  changed_.notify_all();
  while (is_active(name)) {
    const std::string stage = stage_of(name);
    lock.unlock();
    if (!on_wait(stage)) return fail(ErrorCode::kCancelled, "the wait for the model was given up");
    lock.lock();
    changed_.wait_for(lock, kLookEvery, [this, &name] { return !is_active(name); });
  }
  if (const auto failure = failed_.find(name); failure != failed_.end()) return std::unexpected(failure->second);
  lock.unlock();
  ZIMU_TRY(const auto model, registry_.find(name));
  return model.path;
}

void PullQueue::run(const std::stop_token& stop) {
  while (true) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
    if (stop.stop_requested()) {
      waiting_.clear();  // nobody waits for what will not come; the list on disk still has them
      changed_.notify_all();
      return;
    }
    const std::string name = waiting_.front();
    waiting_.pop_front();
    running_ = PullStatus{name, PullState::kRunning};
    attempt_stop_ = std::stop_source();
    cancelled_ = false;
    (void)save();  // a list that cannot be written costs no more than a question at the next start
    tell(*running_);
    lock.unlock();
    attempt(name, stop);
  }
}

void PullQueue::attempt(const std::string& name, const std::stop_token& stop) {
  const auto source = options_.sources.find(name);
  PullOptions options = options_.pull;
  std::stop_source attempt_stop;
  {
    const std::scoped_lock lock(mutex_);
    attempt_stop = attempt_stop_;
  }
  options.stop = attempt_stop.get_token();
  const std::stop_callback forward(stop, [&attempt_stop] { attempt_stop.request_stop(); });
  const auto pulled = pull_model(registry_, source == options_.sources.end() ? name : source->second, options,
                                 [this](const Progress& progress) { heard(progress); });
  settle(name, pulled, stop);
}

void PullQueue::settle(const std::string& name, const Result<InstalledModel>& pulled, const std::stop_token& stop) {
  PullStatus status{name, PullState::kInstalled};
  {
    const std::scoped_lock lock(mutex_);
    running_.reset();
    if (pulled) {
      status.share = 1;
    } else if (cancelled_) {
      status.state = PullState::kCancelled;
      (void)discard_pull(registry_, name);  // a rest that cannot be removed now is taken up by the next pull
    } else if (!stop.stop_requested()) {
      status.state = PullState::kFailed;
      status.failure = pulled.error();
      failed_[name] = pulled.error();
    }
    if (!stop.stop_requested()) (void)save();
    if (pulled || !stop.stop_requested()) tell(status);
  }
  changed_.notify_all();
}

void PullQueue::heard(const Progress& progress) {
  const std::scoped_lock lock(mutex_);
  if (!is_measured(progress.step)) {
    running_->share = 0;  // the next source begins anew
    return;
  }
  const bool new_step = running_->progress.step != progress.step;
  running_->share = std::max(running_->share, share_of(progress));
  running_->progress = progress;
  const auto now = std::chrono::steady_clock::now();
  if (!new_step && now - told_ < kTellEvery) return;
  told_ = now;
  tell(*running_);
}

void PullQueue::tell(const PullStatus& status) const {
  if (options_.on_change) options_.on_change(status);
}

std::vector<PullStatus> PullQueue::list() const {
  const std::scoped_lock lock(mutex_);
  std::vector<PullStatus> all;
  if (running_) all.push_back(*running_);
  for (const std::string& name : waiting_) all.push_back({name});
  for (const auto& [name, error] : failed_) all.push_back({name, PullState::kFailed, 0, {}, error});
  return all;
}

std::optional<std::string> PullQueue::stage() const {
  const std::scoped_lock lock(mutex_);
  if (!is_active(options_.default_model)) return std::nullopt;
  return stage_of(options_.default_model);
}

bool PullQueue::is_waiting(const std::string& name) const {
  return std::find(waiting_.begin(), waiting_.end(), name) != waiting_.end();
}

bool PullQueue::is_active(const std::string& name) const {
  return (running_ && running_->name == name) || is_waiting(name);
}

bool PullQueue::can_pull(const std::string& name) const {
  const auto known = pullable_models();
  return options_.sources.contains(name) || std::find(known.begin(), known.end(), name) != known.end();
}

/// Before all others: jobs wait for it. False when it is on its way already.
bool PullQueue::enqueue_default() {
  if (is_active(options_.default_model)) return false;
  waiting_.push_front(options_.default_model);
  return true;
}

std::string PullQueue::stage_of(const std::string& name) const {
  if (!running_ || running_->name != name) return fmt::format("the model {} waits to be fetched", name);
  const auto& progress = running_->progress;
  if (progress.total == 0) return fmt::format("the model {} is being fetched", name);
  return fmt::format("the model {} is being fetched: {} %", name, progress.done * 100 / progress.total);
}

Result<> PullQueue::save() const {
  std::string text;
  if (running_) text += running_->name + "\n";
  for (const std::string& name : waiting_) text += name + "\n";
  const auto path = list_path(registry_);
  ZIMU_TRY_VOID(make_directories(path.parent_path()));
  return write_file_atomic(path, text);
}

std::vector<std::string> PullQueue::saved() const {
  std::vector<std::string> names;
  const auto text = read_file(list_path(registry_), kMaxListBytes);
  if (!text) return names;  // nothing was asked for
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    names.push_back(text->substr(at, end - at));
    at = end + 1;
  }
  return names;
}

}  // namespace zimu::models
