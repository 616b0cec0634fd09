#include "worker/model_cache.hpp"

#include <fmt/format.h>

namespace zimu::worker {

Result<asr::Engine*> ModelCache::get(const std::string& path, const domain::TranscribeOptions& options) {
  const std::string key = fmt::format("{}|{}|{}|{}", path, options.device, options.threads, options.words);
  if (engine_ && key == key_) return engine_.get();
  engine_.reset();  // before the next one is loaded: two models at once may not fit
  ZIMU_TRY(engine_, asr::load_whisper({path, options.device, options.threads, options.words}));
  key_ = key;
  return engine_.get();
}

}  // namespace zimu::worker
