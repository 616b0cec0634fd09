#include "worker/model_cache.hpp"

#include <sys/stat.h>

#include <fmt/format.h>

namespace zimu::worker {
namespace {

/// A model pulled anew under the same name is another file.
std::string file_identity(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return "?";
  return fmt::format("{}:{}:{}.{}", info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

}  // namespace

Result<asr::Engine*> ModelCache::get(const std::string& path, const domain::TranscribeOptions& options) {
  const std::string key = fmt::format("{}|{}|{}|{}", path, file_identity(path), options.device, options.threads);
  if (engine_ && key == key_) return engine_.get();
  engine_.reset();  // before the next one is loaded: two models at once may not fit
  ZIMU_TRY(engine_, asr::load_engine({path, options.device, options.threads}));
  key_ = key;
  return engine_.get();
}

}  // namespace zimu::worker
