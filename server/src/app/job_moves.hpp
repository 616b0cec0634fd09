#pragma once
#include <string_view>

#include "base/result.hpp"
#include "domain/job.hpp"

/// What the parts of JobService share. Pure.
namespace zimu::app {

/// Stages of a running job that was told to end.
constexpr std::string_view kCancelling = "cancelling";
/// On disk too: after a crash it says that the job was to be paused.
constexpr std::string_view kPausing = "pausing";

/// 0..1; 0 when the whole is not known.
double share(Milliseconds part, Milliseconds whole);
/// Into the state, with everything that follows from it; kConflict when the arrow does not exist.
Result<> move_to(domain::Job& job, domain::JobState state);
/// Whether it was the disk that refused: full, or failing.
bool is_disk_trouble(const Error& error);

}  // namespace zimu::app
