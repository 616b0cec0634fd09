#pragma once
#include <string>

#include "config/config.hpp"

namespace zimu::cli {

/// POST without a body to the server that ZIMU_LISTEN names. Failure: the server's own sentence and action where it
/// sent a problem document (RFC 9457). Blocking, a few seconds at most.
Result<> post_to_server(const config::Config& config, const std::string& path);

/// Does the server that ZIMU_LISTEN names answer /livez? No proxy is used. Blocking, 4 s at most.
Result<> ask_health(const config::Config& config);

}  // namespace zimu::cli
