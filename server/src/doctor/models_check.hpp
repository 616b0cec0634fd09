#pragma once
#include <string>

#include "config/config.hpp"
#include "doctor/check.hpp"
#include "doctor/platform.hpp"

namespace zimu::doctor {

/// Every model file is looked at: installed, cut off or damaged (header, tensor table and size, not the hash:
/// that is `zimu models verify`), half fetched. `stage`: what the running server says of a download that goes
/// on; may be empty.
Check check_models(const config::Config& config, const Platform& platform, const std::string& stage);

}  // namespace zimu::doctor
