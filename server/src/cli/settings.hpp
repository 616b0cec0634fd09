#pragma once
#include <map>
#include <string>

#include "config/config.hpp"

namespace zimu::cli {

/// Flags that override ZIMU_* settings: setting name → value ("ZIMU_DEVICE" → "cpu").
using Overrides = std::map<std::string, std::string>;

Result<config::Loaded> load_settings(const Overrides& overrides);
/// argv of the worker: ZIMU_WORKER_COMMAND, else zimu-worker beside this program.
std::vector<std::string> worker_command(const config::Config& config);
std::filesystem::path program_path();
std::string version();

}  // namespace zimu::cli
