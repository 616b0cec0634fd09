#include "models/registry.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/file.hpp"
#include "models/ggml_file.hpp"
#include "models/manifest.hpp"

namespace zimu::models {
namespace {

constexpr std::size_t kMaxNameBytes = 100;
constexpr std::string_view kPrefix = "ggml-";
constexpr std::string_view kSuffix = ".bin";

bool is_ascii_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_path(const std::string& name) { return name.find('/') != std::string::npos || name.ends_with(kSuffix); }

/// "/x/ggml-base.bin" → "base"; another file name stays as it is, without ".bin".
std::string name_of(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  if (name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size());
  if (name.starts_with(kPrefix)) name.erase(0, kPrefix.size());
  return name;
}

Result<InstalledModel> describe(const std::filesystem::path& path, const Hparams& head) {
  InstalledModel model;
  model.name = name_of(path);
  model.path = path;
  model.multilingual = head.multilingual();
  std::error_code ec;
  model.size_bytes = std::filesystem::file_size(path, ec);
  if (ec) return std::unexpected(error_from_errno(ec.value(), fmt::format("cannot look at {}", path.string())));
  if (const auto manifest = load_manifest(path)) model.sha256 = manifest->sha256;
  return model;
}

}  // namespace

Result<> check_model_name(const std::string& name) {
  const bool characters = std::all_of(name.begin(), name.end(), [](char c) {
    return is_ascii_alnum(c) || c == '.' || c == '_' || c == '-';
  });
  if (characters && !name.empty() && name.size() <= kMaxNameBytes && is_ascii_alnum(name.front())) return {};
  return fail(ErrorCode::kInvalidArgument, fmt::format("\"{}\" is no model name", name),
              fmt::format("use 1 to {} letters, digits, dots, underscores and hyphens, a letter or digit first", kMaxNameBytes));
}

Registry::Registry(std::filesystem::path dir) : dir_(std::move(dir)) {}

std::filesystem::path Registry::path_of(const std::string& name) const {
  return dir_ / fmt::format("{}{}{}", kPrefix, name, kSuffix);
}

Result<std::vector<InstalledModel>> Registry::list() const {
  std::vector<InstalledModel> models;
  std::error_code ec;
  std::filesystem::directory_iterator entries(dir_, ec);
  if (ec == std::errc::no_such_file_or_directory) return models;  // nothing was ever installed
  if (ec) return std::unexpected(error_from_errno(ec.value(), fmt::format("cannot list {}", dir_.string())));
  for (const auto end = std::filesystem::directory_iterator(); entries != end; entries.increment(ec)) {
    if (ec) break;
    const std::string file = entries->path().filename().string();
    if (!file.starts_with(kPrefix) || !file.ends_with(kSuffix) || !check_model_name(name_of(file))) continue;
    const auto head = read_ggml_head(entries->path());
    if (!head) continue;  // some other ggml file, such as a voice activity model
    if (auto model = describe(entries->path(), *head)) models.push_back(std::move(*model));
  }
  if (ec) return std::unexpected(error_from_errno(ec.value(), fmt::format("cannot list {}", dir_.string())));
  std::sort(models.begin(), models.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return models;
}

Result<InstalledModel> Registry::find(const std::string& name) const {
  if (!is_path(name)) ZIMU_TRY_VOID(check_model_name(name));
  const auto path = is_path(name) ? std::filesystem::path(name) : path_of(name);
  const auto head = read_ggml_head(path);
  if (!head && head.error().code == ErrorCode::kNotFound) {
    if (is_path(name)) return fail(ErrorCode::kModelMissing, fmt::format("there is no model file {}", name), "check the path");
    return fail(ErrorCode::kModelMissing, fmt::format("model {} is not installed in {}", name, dir_.string()),
                fmt::format("zimu models pull {}", name));
  }
  if (!head) return std::unexpected(head.error());
  return describe(path, *head);
}

Result<> Registry::verify(const std::string& name) const {
  ZIMU_TRY(const auto model, find(name));
  if (const auto parsed = read_ggml_file(model.path); !parsed) return std::unexpected(parsed.error());
  if (model.sha256.empty()) return {};
  ZIMU_TRY(const auto found, sha256_file(model.path));
  if (found == model.sha256) return {};
  return fail(ErrorCode::kModelInvalid,
              fmt::format("{} has SHA-256 {}, but {} was recorded when it was installed", model.path.string(), found, model.sha256),
              fmt::format("install it again: zimu models pull {}", model.name));
}

Result<> Registry::remove(const std::string& name) {
  ZIMU_TRY_VOID(check_model_name(name));
  const auto path = path_of(name);
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) {
      return fail(ErrorCode::kModelMissing, fmt::format("model {} is not installed in {}", name, dir_.string()),
                  "zimu models list shows what is");
    }
    return std::unexpected(error_from_errno(errno, fmt::format("cannot remove {}", path.string())));
  }
  ::unlink(manifest_path(path).c_str());
  return {};
}

}  // namespace zimu::models
