#include "cli/data_folder.hpp"

#include <fmt/format.h>

#include "doctor/places.hpp"

namespace zimu::cli {

storage::OpenOptions store_options(const config::Config& config) {
  storage::OpenOptions options;
  options.path = config.data_dir / "zimu.db";
  options.journal_mode = config.journal_mode;
  options.mountinfo_path = doctor::usual_places().mountinfo;
  options.backups_dir = config.data_dir / "backups";
  return options;
}

Result<std::filesystem::path> find_database(const config::Config& config) {
  auto path = store_options(config).path;
  std::error_code ec;
  if (std::filesystem::exists(path, ec)) return path;
  return fail(ErrorCode::kNotFound, fmt::format("there is no database {}", path.string()),
              "set ZIMU_DATA_DIR to the folder that the server uses; the first `zimu serve` makes it");
}

Result<std::unique_ptr<storage::SqliteStore>> open_existing_store(const config::Config& config) {
  ZIMU_TRY(const auto path, find_database(config));
  storage::OpenOptions options = store_options(config);
  options.auto_migrate = false;
  return storage::SqliteStore::open(options);
}

}  // namespace zimu::cli
