#pragma once
#include <string>
#include <vector>

#include "config/config.hpp"
#include "doctor/check.hpp"
#include "doctor/gpu_watch.hpp"

/// What is wrong with this machine, and what to do about it: `zimu doctor`, and GET /api/v1/system in the
/// running server. Facts are gathered apart from verdicts, which are pure; docs/doctor.md lists them all.
namespace zimu::doctor {

struct Options {
  GpuWatch* gpu = nullptr;  ///< the running server's memory of its GPU; null: a deep look, for the command
  int schema_version = 0;   ///< of the database that this process has open; 0: look at the file
  std::string model_stage = {};  ///< of the download of the default model that goes on; empty: none
};

/// Blocking: about a second; 15 s when the GPU's driver hangs. Thread: any.
std::vector<Check> run_checks(const config::Config& config, const Options& options = {});

/// Another worker than Zimu's own is set: its engine is not ours to judge.
bool has_own_worker(const config::Config& config);

}  // namespace zimu::doctor
