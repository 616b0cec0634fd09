#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace zimu::supervisor {

/// What went wrong with a job so far, since the server started: how often its worker died on the same window,
/// and whether its one second chance after a retryable failure is used up. Thread: any.
class CrashLedger {
 public:
  static constexpr std::size_t kMaxJobs =
      4096;  ///< then the oldest id is forgotten: it gets its chances again

  /// Returns how many deaths on this very window that makes.
  int add_death(const std::string& job_id, std::int64_t window);
  /// True the first time.
  bool take_second_chance(const std::string& job_id);
  /// The job has ended, one way or another.
  void forget(const std::string& job_id);

 private:
  struct Entry {
    std::int64_t window = -1;
    int deaths = 0;
    bool had_second_chance = false;
  };
  Entry& entry(const std::string& job_id);

  std::mutex mutex_;
  std::map<std::string, Entry> entries_;  ///< UUIDv7 keys: the first is the oldest
};

}  // namespace zimu::supervisor
