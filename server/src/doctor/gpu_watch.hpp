#pragma once
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "doctor/gpu_verdict.hpp"

namespace zimu::doctor {

/// Remembers in the long-running server whether the GPU worked, to tell "lost" from "never there". Thread:
/// any.
class GpuWatch {
 public:
  GpuWatch() = default;
  ~GpuWatch();
  GpuWatch(const GpuWatch&) = delete;
  GpuWatch& operator=(const GpuWatch&) = delete;

  /// Takes a first look in the background.
  void start(const std::string& wanted_device, bool own_worker);
  void stop() { stop_.request_stop(); }  ///< ends a look that goes on; further ones end at once
  /// A look that is at most a minute old. Blocking.
  Check check(const std::string& wanted_device, bool own_worker);

 private:
  std::stop_source stop_;
  std::mutex looking_;  ///< held while looking: one look at a time, the others wait for it
  std::optional<GpuVerdict> last_;
  std::chrono::steady_clock::time_point looked_at_;
  std::string worked_with_;  ///< name of the GPU that worked; empty when none did
  std::jthread first_look_;
};

/// Pure: the verdict of a GPU that worked before (`name`) and no longer does.
Check lost_gpu(Check now, const std::string& name, bool in_container);

}  // namespace zimu::doctor
