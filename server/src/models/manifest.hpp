#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace zimu::models {

/// `ggml-<name>.json` beside the model. Format: {"sha256","size","origin","multilingual","imported_at"}.
struct Manifest {
  std::string sha256;
  std::uint64_t size_bytes = 0;
  std::string origin;
  bool multilingual = true;
};

std::filesystem::path manifest_path(const std::filesystem::path& model_path);
Result<Manifest> parse_manifest(std::string_view text);
/// nullopt when there is none or it cannot be read as one: a model without manifest is usable, only not verified.
std::optional<Manifest> load_manifest(const std::filesystem::path& model_path);
Result<> save_manifest(const std::filesystem::path& model_path, const Manifest& manifest);

}  // namespace zimu::models
