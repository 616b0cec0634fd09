#pragma once
#include <filesystem>
#include <memory>

#include "config/config.hpp"
#include "storage/sqlite_store.hpp"

/// The data folder as the commands see it that work on it without the server.
namespace zimu::cli {

/// Where database and backups are, and which journal; not exclusive.
storage::OpenOptions store_options(const config::Config& config);
/// Path of the database; kNotFound where nothing was ever stored.
Result<std::filesystem::path> find_database(const config::Config& config);
/// The database beside a server that may be running; never changes its schema.
Result<std::unique_ptr<storage::SqliteStore>> open_existing_store(const config::Config& config);

}  // namespace zimu::cli
