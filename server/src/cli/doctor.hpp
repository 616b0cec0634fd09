#pragma once
#include <string>

namespace zimu::cli {

/// `zimu doctor [--json]`: exit status 0 good, 1 degraded, 2 broken.
int doctor_command(bool json);

/// `zimu doctor --probe-gpu light|deep`, hidden: the process that loads the driver's libraries
/// (doctor/gpu_probe.hpp).
int probe_gpu_command(const std::string& depth);

}  // namespace zimu::cli
