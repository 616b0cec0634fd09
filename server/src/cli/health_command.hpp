#pragma once

namespace zimu::cli {

/// `zimu health`: exit status 0 when the server that ZIMU_LISTEN names answers, else 1 (the two that a container's
/// HEALTHCHECK knows) with one line on standard error.
int health_command();

}  // namespace zimu::cli
