#pragma once
#include "app/job_service.hpp"
#include "app/media_service.hpp"
#include "supervisor/crash_ledger.hpp"
#include "supervisor/stop_signal.hpp"
#include "supervisor/supervisor.hpp"

namespace zimu::supervisor {

/// What the slots share. Owner: Supervisor::Impl; outlives its threads. Thread: any.
struct Context {
  const Supervisor::Options options;
  app::JobService& jobs;
  app::MediaService& media;
  CrashLedger ledger = {};
  StopSignal stop = {};
};

constexpr std::chrono::milliseconds kTick{
    1'000};  ///< how long a slot sleeps at most: a missed wake costs no more

/// Repeats `report` (a call of a service) every `space_check` until it works, because a result that is not on
/// disk is lost. Ends early when the job is gone or ended otherwise, or when the server stops: `recover` puts
/// it right then.
void report_until_stored(Context& context, const std::string& what, const std::function<Result<>()>& report);

/// The worker names files by their path; people know them by another name.
std::string with_name(std::string text, const std::string& path, const std::string& name);

}  // namespace zimu::supervisor
