// The checks of what Zimu itself uses: data folder, models, Ollama.
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/file.hpp"
#include "cli/doctor.hpp"
#include "models/registry.hpp"
#include "outbound/http_client.hpp"
#include "storage/journal_mode.hpp"

namespace zimu::cli {
namespace {

constexpr std::uint64_t kComfortableFree = 1ULL << 30U;
constexpr std::uint64_t kLeastFree = 64ULL << 20U;

/// Creates, locks, syncs, renames and deletes a file: what the database will do.
Result<> write_probe(const std::filesystem::path& folder) {
  const auto from = folder / fmt::format(".probe-{}", ::getpid());
  const auto to = folder / fmt::format(".probe-{}-b", ::getpid());
  ZIMU_TRY(const UniqueFd fd, open_file(from, O_RDWR | O_CREAT | O_TRUNC));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  const bool locked = ::fcntl(fd.get(), F_SETLK, &lock) == 0;
  const bool synced = ::write(fd.get(), "x", 1) == 1 && ::fsync(fd.get()) == 0;
  const bool renamed = ::rename(from.c_str(), to.c_str()) == 0;
  ::unlink(from.c_str());
  ::unlink(to.c_str());
  if (!locked) return fail(ErrorCode::kIo, fmt::format("{} does not support file locks", folder.string()));
  if (!synced) return fail(ErrorCode::kNoSpace, fmt::format("{} takes no bytes", folder.string()));
  if (!renamed) return fail(ErrorCode::kIo, fmt::format("cannot rename in {}", folder.string()));
  return {};
}

}  // namespace

Check check_data(const config::Config& config) {
  Check check{"data", "good", config.data_dir.string(), ""};
  if (auto made = make_directories(config.data_dir); !made) {
    return {"data", "broken", made.error().message, "give ZIMU_DATA_DIR a folder that this user may write to"};
  }
  if (auto probe = write_probe(config.data_dir); !probe) {
    return {"data", "broken", probe.error().message, "give ZIMU_DATA_DIR a folder on a local disk that this user may write to"};
  }
  const auto journal = storage::probe_journal_mode(config.journal_mode, "/proc/self/mountinfo", config.data_dir);
  if (journal) {
    check.detail += fmt::format(", {}, journal {} ({})", journal->file_system.empty() ? "unknown file system" : journal->file_system,
                                storage::journal_mode_name(journal->mode), journal->reason);
    if (journal->warn) {
      check.verdict = "degraded";
      check.action = journal->action;
    }
  }
  if (const auto free = free_bytes(config.data_dir)) {
    check.detail += fmt::format(", {:.1f} GB free", static_cast<double>(*free) / 1e9);
    if (*free < kComfortableFree) {
      check.verdict = *free < kLeastFree ? "broken" : "degraded";
      check.action = fmt::format("free some space on the disk of {}", config.data_dir.string());
    }
  }
  return check;
}

Check check_models(const config::Config& config) {
  const models::Registry registry(config.model_dir);
  const auto installed = registry.list();
  if (!installed) return {"models", "broken", installed.error().message, "check the permissions of ZIMU_MODEL_DIR"};
  std::string names;
  for (const auto& model : *installed) names += (names.empty() ? "" : ", ") + model.name;
  if (const auto found = registry.find(config.model); !found) {
    return {"models", "broken", fmt::format("model {} is not installed (there is: {})", config.model, names.empty() ? "none" : names),
            fmt::format("zimu models pull {}", config.model)};
  }
  return {"models", "good", fmt::format("{} in {}", names, config.model_dir.string()), ""};
}

Check check_ollama(const config::Config& config) {
  outbound::HttpClient client;
  outbound::HttpRequest request;
  request.url = config.ollama_host + "/api/version";
  request.connect_timeout = std::chrono::milliseconds{2000};
  request.total_timeout = std::chrono::milliseconds{2000};
  const auto answer = client.get(request);
  if (!answer) {
    return {"ollama", "degraded", answer.error().message,
            "start Ollama or set OLLAMA_HOST; everything but translation and summaries works without it"};
  }
  if (answer->status != 200) {
    return {"ollama", "degraded", fmt::format("{} answered {}", config.ollama_host, answer->status),
            "check that OLLAMA_HOST is the address of an Ollama server"};
  }
  return {"ollama", "good", config.ollama_host, ""};
}

}  // namespace zimu::cli
