#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "models/registry.hpp"

namespace zimu::models {

enum class PullState : std::uint8_t { kWaiting, kRunning, kFailed, kInstalled, kCancelled };

struct PullStatus {
  std::string name;
  PullState state = PullState::kWaiting;
  double share = 0;  ///< 0..1 of all its steps
  Progress progress = {};
  std::optional<Error> failure = {};  ///< with kFailed
};

/// Fetches models while the server works, one after the other: those that people ask for, and the default one at the
/// start and whenever a job wants it and it is missing. Jobs wait for the default; when it fails they get its error.
/// What is asked for is written down beside the downloads, so that the next run goes on with it. Thread: any.
class PullQueue {
 public:
  static constexpr std::size_t kMaxWaiting = 8;  ///< more are refused; the default model is not counted
  /// Called at least four times a second while waiting; false ends the wait.
  using OnWait = std::function<bool(const std::string& stage)>;
  /// Every change of state, in their order, and progress at most four times a second. Must not call back.
  using OnChange = std::function<void(const PullStatus&)>;

  struct Options {
    PullOptions pull;
    std::string default_model;
    OnChange on_change = {};
    std::map<std::string, std::string> sources = {};  ///< name → what `pull_model` is asked for, where not the name
  };

  PullQueue(Registry& registry, Options options);
  ~PullQueue();  ///< stops
  PullQueue(const PullQueue&) = delete;
  PullQueue& operator=(const PullQueue&) = delete;

  /// Takes up what an earlier run was asked for, and the default model. Offline: nothing.
  void start();
  /// Ends the attempt that runs; the next run of the server goes on with it. Nothing is fetched after that.
  void stop();

  /// One of `pullable_models()`. Already on its way: nothing new happens. kConflict: installed, the queue is full, or
  /// HF_HUB_OFFLINE forbids it. kNotFound: not in the catalogue.
  Result<PullStatus> request(const std::string& name);
  /// Ends it, or forgets its failure; what has come of it is dropped. kNotFound when there is nothing to end.
  Result<> cancel(const std::string& name);
  /// Removes an installed model; kConflict while it is being fetched.
  Result<> remove(const std::string& name);
  /// Path of an installed model. The default one and missing: waits for an attempt. kModelMissing for any other,
  /// kCancelled when `on_wait` said so, else what the attempt failed with.
  Result<std::filesystem::path> find(const std::string& name, const OnWait& on_wait);

  /// The one that runs, those that wait in their order, those that failed.
  std::vector<PullStatus> list() const;
  /// "the model base is being fetched: 43 %", while the default model is on its way.
  std::optional<std::string> stage() const;

 private:
  void run(const std::stop_token& stop);
  void attempt(const std::string& name, const std::stop_token& stop);
  void settle(const std::string& name, const Result<InstalledModel>& pulled, const std::stop_token& stop);
  void heard(const Progress& progress);
  void tell(const PullStatus& status) const;

  // All of these with mutex_ held.
  bool is_waiting(const std::string& name) const;
  bool is_active(const std::string& name) const;
  bool can_pull(const std::string& name) const;
  bool enqueue_default();
  Result<> save() const;
  std::vector<std::string> saved() const;
  std::string stage_of(const std::string& name) const;

  Registry& registry_;
  const Options options_;
  mutable std::mutex mutex_;  ///< guards all below
  std::condition_variable_any changed_;
  std::deque<std::string> waiting_;
  std::optional<PullStatus> running_;
  std::stop_source attempt_stop_;
  bool cancelled_ = false;  ///< a person ended the attempt that runs
  std::map<std::string, Error> failed_;
  std::chrono::steady_clock::time_point told_;
  std::jthread thread_;  ///< last: it uses all the others
};

}  // namespace zimu::models
