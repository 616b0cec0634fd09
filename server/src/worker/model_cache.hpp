#pragma once
#include <memory>
#include <string>

#include "asr/engine.hpp"
#include "domain/job.hpp"

namespace zimu::worker {

/// The one loaded model; kept between jobs while they want the same.
class ModelCache {
 public:
  Result<asr::Engine*> get(const std::string& path, const domain::TranscribeOptions& options);

 private:
  std::unique_ptr<asr::Engine> engine_;
  std::string key_;
};

}  // namespace zimu::worker
