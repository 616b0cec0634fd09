#include "cli/storage_sizes.hpp"

#include "base/file.hpp"

namespace zimu::cli {
namespace {

namespace fs = std::filesystem;

std::uint64_t size_of(const fs::path& file) {
  std::error_code ec;
  const auto size = fs::file_size(file, ec);
  return ec ? 0 : size;
}

std::uint64_t bytes_below(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code ec;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, ec);
  for (const fs::recursive_directory_iterator end; !ec && entry != end; entry.increment(ec)) {
    std::error_code gone;  // files come and go meanwhile
    if (entry->is_regular_file(gone) && !gone) bytes += size_of(entry->path());
  }
  return bytes;
}

}  // namespace

api::StorageSizes measure_storage(const config::Config& config) {
  api::StorageSizes sizes;
  for (const char* file : {"zimu.db", "zimu.db-wal", "zimu.db-shm", "zimu.db-journal"}) sizes.database += size_of(config.data_dir / file);
  sizes.uploads = bytes_below(config.data_dir / "uploads");
  sizes.models = bytes_below(config.model_dir);
  sizes.free = free_bytes(config.data_dir).value_or(0);
  return sizes;
}

}  // namespace zimu::cli
