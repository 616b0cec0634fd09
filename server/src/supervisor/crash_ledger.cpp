#include "supervisor/crash_ledger.hpp"

namespace zimu::supervisor {

CrashLedger::Entry& CrashLedger::entry(const std::string& job_id) {
  if (!entries_.contains(job_id) && entries_.size() >= kMaxJobs) entries_.erase(entries_.begin());
  return entries_[job_id];
}

int CrashLedger::add_death(const std::string& job_id, std::int64_t window) {
  const std::lock_guard lock(mutex_);
  Entry& known = entry(job_id);
  known.deaths = known.window == window ? known.deaths + 1 : 1;
  known.window = window;
  return known.deaths;
}

bool CrashLedger::take_second_chance(const std::string& job_id) {
  const std::lock_guard lock(mutex_);
  Entry& known = entry(job_id);
  const bool first = !known.had_second_chance;
  known.had_second_chance = true;
  return first;
}

void CrashLedger::forget(const std::string& job_id) {
  const std::lock_guard lock(mutex_);
  entries_.erase(job_id);
}

}  // namespace zimu::supervisor
