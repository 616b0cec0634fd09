#pragma once
#include <string>
#include <vector>

#include "config/config.hpp"

namespace zimu::cli {

/// One line of `zimu doctor`. Every verdict that is not "good" carries an action.
struct Check {
  std::string name;     ///< "ids" "data" "models" "ffmpeg" "gpu" "ollama" "platform"
  std::string verdict;  ///< "good" | "degraded" | "broken"
  std::string detail;
  std::string action;
};

/// Looks at this machine with the eyes of the server. Blocking, a few seconds at most (Ollama has a 2 s limit).
std::vector<Check> run_checks(const config::Config& config);

Check check_ids(const config::Config& config);
Check check_data(const config::Config& config);
Check check_models(const config::Config& config);
Check check_ffmpeg(const config::Config& config);
Check check_gpu(const config::Config& config);
Check check_ollama(const config::Config& config);
Check check_platform(const config::Config& config);

/// `zimu doctor [--json]`: exit status 0 good, 1 degraded, 2 broken.
int doctor_command(bool json);

}  // namespace zimu::cli
