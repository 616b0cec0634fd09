#include "cli/settings.hpp"

#include <filesystem>

namespace zimu::cli {

std::filesystem::path program_path() {
  std::error_code ec;
  auto path = std::filesystem::read_symlink("/proc/self/exe", ec);
  return ec ? std::filesystem::path("zimu") : path;
}

Result<config::Loaded> load_settings(const Overrides& overrides) {
  return config::load(config::process_environment(), overrides, program_path());
}

std::vector<std::string> worker_command(const config::Config& config) {
  return config::split_command(config.worker_command);
}

std::string version() { return ZIMU_VERSION; }

}  // namespace zimu::cli
