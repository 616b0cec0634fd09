#include "doctor/models_check.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "models/ggml_file.hpp"
#include "models/manifest.hpp"
#include "models/registry.hpp"

namespace zimu::doctor {
namespace {

namespace fs = std::filesystem;

struct BadModel {
  std::string file;
  std::string why;
};

/// Empty when the file is whole, as far as that can be seen without reading it.
std::string damage_of(const fs::path& path) {
  std::error_code ec;
  const auto size = fs::file_size(path, ec);
  if (ec) return ec.message();
  if (const auto manifest = models::load_manifest(path);
      manifest && manifest->size_bytes > 0 && manifest->size_bytes != size) {
    return fmt::format("it has {} bytes instead of {}", size, manifest->size_bytes);
  }
  if (const auto parsed = models::read_ggml_file(path); !parsed) {
    std::string why = parsed.error().message;
    const std::string prefix = path.string() + ": ";
    return why.starts_with(prefix) ? why.substr(prefix.size()) : why;
  }
  return {};
}

std::vector<fs::path> model_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ec;
  for (fs::directory_iterator entry(folder, ec), end; !ec && entry != end; entry.increment(ec)) {
    const std::string name = entry->path().filename().string();
    // ggml-silero-… and other files that are no Whisper models are not ours to judge.
    if (name.starts_with("ggml-") && name.ends_with(".bin") && name.find("silero") == std::string::npos)
      files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// "base (12.3 MB so far)" for each model with a .part in .downloads, and for a .part beside the models.
std::vector<std::string> half_fetched(const fs::path& folder) {
  std::vector<std::string> parts;
  std::error_code ec;
  const auto note = [&](const fs::path& file, const std::string& name) {
    std::error_code ignored;
    const auto size = fs::file_size(file, ignored);
    parts.push_back(
        fmt::format("{} ({:.1f} MB so far)", name, ignored ? 0.0 : static_cast<double>(size) / 1e6));
  };
  for (fs::directory_iterator entry(folder, ec), end; !ec && entry != end; entry.increment(ec)) {
    if (entry->path().extension() == ".part") note(entry->path(), entry->path().filename().string());
  }
  const fs::path downloads = folder / ".downloads";
  for (fs::recursive_directory_iterator entry(downloads, ec), end; !ec && entry != end; entry.increment(ec)) {
    if (entry->path().extension() == ".part")
      note(entry->path(), (*entry->path().lexically_relative(downloads).begin()).string());
  }
  std::sort(parts.begin(), parts.end());
  return parts;
}

std::string folder_of(const config::Config& config) {
  return config.model_dir.string();
}

void judge_default(const config::Config& config, const models::Registry& registry, const Platform& platform,
                   const std::string& stage, Check& check) {
  if (const auto found = registry.find(config.model); found || found.error().code != ErrorCode::kModelMissing)
    return;
  const std::string pull = fmt::format(
      "{}zimu models pull {}", platform.container() ? "docker compose exec server " : "", config.model);
  const std::string missing = fmt::format("model {} is not installed in {}", config.model, folder_of(config));
  if (!stage.empty()) {
    check.degraded("models.fetching", stage, "wait: jobs wait for it too");
  } else if (config.hf_offline) {
    check.broken("models.missing_offline", 
        missing + ", and HF_HUB_OFFLINE forbids to fetch it",
        fmt::format(
            "copy ggml-{}.bin into {}, or zimu models import FILE; or take HF_HUB_OFFLINE away and run {}",
            config.model, folder_of(config), pull));
  } else {
    check.broken("models.missing", 
        missing,
        fmt::format("{} (a server fetches it at its start; behind a block set HF_ENDPOINT to a mirror)",
                    pull));
  }
}

}  // namespace

Check check_models(const config::Config& config, const Platform& platform, const std::string& stage) {
  Check check{"models"};
  const models::Registry registry(config.model_dir);
  if (const auto listed = registry.list(); !listed) {
    check.broken("models.unreadable", listed.error().message,
                 fmt::format("let this user read {} (ZIMU_MODEL_DIR)", folder_of(config)));
    return check;
  }
  std::vector<std::string> good;
  for (const fs::path& file : model_files(config.model_dir)) {
    const std::string name = file.stem().string().substr(5);
    const std::string damage = damage_of(file);
    if (damage.empty()) {
      good.push_back(name);
    } else if (name == config.model) {
      check.broken("models.default_damaged",
          fmt::format("the model file {} is damaged: {}", file.string(), damage),
                   fmt::format("zimu models pull {}", name));
    } else {
      check.degraded("models.damaged", fmt::format("the model file {} is damaged: {}", file.string(), damage),
                     fmt::format("zimu models pull {0}, or zimu models rm {0}", name));
    }
  }
  check.fact(good.empty() ? fmt::format("no model in {}", folder_of(config))
                          : fmt::format("{} in {}", fmt::join(good, ", "), folder_of(config)));
  judge_default(config, registry, platform, stage, check);
  const auto parts = half_fetched(config.model_dir);
  if (!parts.empty())
    check.fact(fmt::format("half fetched: {} (pull again to go on)", fmt::join(parts, ", ")));
  check.fact(config.hf_offline ? "offline (HF_HUB_OFFLINE)" : "from " + without_password(config.hf_endpoint));
  return check;
}

}  // namespace zimu::doctor
