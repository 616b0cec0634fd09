#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "models/registry.hpp"

namespace zimu::models {

/// Fetches one model while the server works: at its start, and again when a job wants it and it is still missing. Jobs
/// wait for the attempt that runs; when it fails they get its error. One attempt at a time. Thread: any.
class BackgroundPull {
 public:
  /// Called at least four times a second while waiting; false ends the wait.
  using OnWait = std::function<bool(const std::string& stage)>;
  /// Told how each attempt ended, on its thread; may be empty.
  using OnEnd = std::function<void(const Result<InstalledModel>&)>;

  /// `source` is what `pull_model` is asked for; empty: the name itself.
  BackgroundPull(Registry& registry, std::string name, PullOptions options, OnEnd on_end = {},
                 std::string source = {});
  ~BackgroundPull();  ///< stops an attempt; the next one resumes it
  BackgroundPull(const BackgroundPull&) = delete;
  BackgroundPull& operator=(const BackgroundPull&) = delete;

  /// Starts an attempt unless the model is installed, one runs, or the options say offline.
  void start();
  /// Path of an installed model. Ours and missing: waits for an attempt. kModelMissing for any other, kCancelled when
  /// `on_wait` said so, else what the attempt failed with.
  Result<std::filesystem::path> find(const std::string& name, const OnWait& on_wait);
  /// "the model base is being fetched: 43 %", while an attempt runs.
  std::optional<std::string> stage() const;

 private:
  void start_locked();
  void attempt(const std::stop_token& stop);
  std::string stage_locked() const;

  Registry& registry_;
  const std::string name_;
  const PullOptions options_;
  const OnEnd on_end_;
  const std::string source_;
  mutable std::mutex mutex_;  ///< guards all below
  std::condition_variable changed_;
  bool running_ = false;
  Progress progress_;
  std::optional<Error> failure_;  ///< of the last attempt
  std::jthread thread_;
};

}  // namespace zimu::models
