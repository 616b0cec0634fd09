#pragma once
#include "api/api.hpp"
#include "config/config.hpp"

namespace zimu::cli {

/// Walks the folders: seconds where there are many files. What cannot be read counts as nothing. Blocking.
api::StorageSizes measure_storage(const config::Config& config);

}  // namespace zimu::cli
