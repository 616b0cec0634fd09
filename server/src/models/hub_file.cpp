// One file of a Hugging Face hub: resumed, retried, verified, then renamed to its final name.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "base/file.hpp"
#include "models/fetch.hpp"
#include "models/hashing_file.hpp"
#include "outbound/http_client.hpp"

namespace zimu::models {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxAttemptsWithoutBytes = 4;
constexpr int kMaxAttempts = 200;  // each but a few brings the file forward
constexpr std::chrono::milliseconds kRetryDelay{1000};
constexpr std::uint64_t kMaxFileBytes = 32ULL << 30U;  // Whisper large in F32 has 6.2 GB
constexpr std::uint64_t kTellEvery = 1U << 20U;
constexpr std::size_t kSha256Hex = 64;

std::uint64_t size_of(const fs::path& path) {
  std::error_code ec;
  const auto size = fs::file_size(path, ec);
  return ec ? 0 : size;
}

/// The number after `prefix`; nullopt when there is none.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  std::uint64_t value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    if (value > (UINT64_MAX >> 5U)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(text[digits] - '0');
  }
  return digits > 0 ? std::optional(value) : std::nullopt;
}

/// The SHA-256 that the hub tells for a file in its large-file storage, on the answer that redirects there.
std::string linked_hash(const outbound::HttpResponse& answer) {
  const auto read = [](const outbound::Headers& headers) -> std::string {
    const auto found = headers.find("x-linked-etag");
    if (found == headers.end()) return {};
    std::string hash;
    for (const char c : found->second) {
      if (c != '"') hash.push_back(c);
    }
    const bool hex =
        hash.size() == kSha256Hex && hash.find_first_not_of("0123456789abcdef") == std::string::npos;
    return hex ? hash : std::string();
  };
  for (const auto& headers : answer.redirects) {
    if (auto hash = read(headers); !hash.empty()) return hash;
  }
  return read(answer.headers);
}

/// One request's worth of bytes appended to the part file.
class Attempt {
 public:
  Attempt(HubFile& file, const FetchContext& context, const fs::path& part, UniqueFd fd, std::uint64_t offset)
      : file_(file), context_(context), part_(part), fd_(std::move(fd)), offset_(offset) {}

  Result<outbound::HttpResponse> run() {
    outbound::HttpRequest request;
    request.url = file_.url;
    request.resume_from = offset_;
    request.max_bytes = 0;  // counted in on_body, where a restarted file is known
    request.stop = context_.options.stop;
    if (!context_.options.hf_token.empty())
      request.headers = {{"Authorization", "Bearer " + context_.options.hf_token}};
    const outbound::StreamHandlers handlers{
        .on_head = [this](const outbound::HttpResponse& answer) { return on_head(answer); },
        .on_body = [this](std::span<const std::byte> bytes) { return on_body(bytes); }};
    return outbound::HttpClient().stream(request, handlers);
  }
  bool got_bytes() const { return got_bytes_; }

 private:
  Result<> on_head(const outbound::HttpResponse& answer) {
    const std::string hash = linked_hash(answer);
    if (!hash.empty() && !file_.wanted.sha256.empty() && hash != file_.wanted.sha256) {
      return fail(ErrorCode::kModelInvalid,
                  fmt::format("the hub offers a {} with SHA-256 {}, but {} is expected", file_.wanted.name,
                              hash, file_.wanted.sha256),
                  "check HF_ENDPOINT");
    }
    if (!hash.empty()) file_.wanted.sha256 = hash;
    if (answer.status != 206) {
      offset_ = 0;  // the whole file comes again
      if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0) {
        return std::unexpected(error_from_errno(errno, fmt::format("cannot write {}", part_.string())));
      }
    } else if (number_after(answer.header("content-range"), "bytes ") != offset_) {
      return fail(ErrorCode::kProtocol,
                  fmt::format("the server sent another part of {} than was asked for", file_.wanted.name));
    }
    const auto length = number_after(answer.header("content-length"), "");
    if (length && file_.wanted.size == 0 && *length <= kMaxFileBytes) file_.wanted.size = offset_ + *length;
    return check_room(part_.parent_path(), length ? std::min(*length, kMaxFileBytes) : 0);
  }
  Result<> on_body(std::span<const std::byte> bytes) {
    const std::uint64_t limit = file_.wanted.size > 0 ? file_.wanted.size : kMaxFileBytes;
    if (bytes.size() > limit - std::min(limit, offset_)) {
      return fail(ErrorCode::kModelInvalid,
                  fmt::format("the server sends more than the {} bytes of {}", limit, file_.wanted.name));
    }
    ZIMU_TRY_VOID(write_all(fd_.get(), bytes, part_.string()));
    offset_ += bytes.size();
    got_bytes_ = true;
    const std::uint64_t done = file_.before + offset_;
    if (done < told_ + kTellEvery && offset_ != file_.wanted.size) return {};
    told_ = done;
    context_.tell("download", file_.total > 0 ? std::min(done, file_.total) : done, file_.total);
    return {};
  }

  HubFile& file_;
  const FetchContext& context_;
  const fs::path& part_;
  UniqueFd fd_;
  std::uint64_t offset_;
  std::uint64_t told_ = 0;
  bool got_bytes_ = false;
};

bool is_passing(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kTimeout;
}

Result<> pause(const std::stop_token& stop, int attempt) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, kRetryDelay * attempt, [] { return false; });
  if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "the download was cancelled");
  return {};
}

/// Fills the part file to its end, over broken connections and busy servers.
Result<> complete_part(HubFile& file, const fs::path& part, const FetchContext& context) {
  int fruitless = 0;
  bool answered = false;  // a server that never answered is not asked again: there may be another source
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    std::uint64_t offset = size_of(part);
    if (file.wanted.size > 0 && offset == file.wanted.size) return {};
    const bool oversized = file.wanted.size > 0 && offset > file.wanted.size;
    if (oversized) offset = 0;
    ZIMU_TRY(auto fd, open_file(part, O_WRONLY | O_CREAT | (offset == 0 ? O_TRUNC : O_APPEND)));
    Attempt one(file, context, part, std::move(fd), offset);
    const auto answer = one.run();
    if (answer && answer->ok()) return {};
    answered = answered || answer || one.got_bytes();
    fruitless = one.got_bytes() ? 0 : fruitless + 1;
    if (answer && answer->status == 416) {
      if (number_after(answer->header("content-range"), "bytes */") == offset) return {};
      ::unlink(part.c_str());
      if (fruitless < kMaxAttemptsWithoutBytes) continue;
    }
    const Error error = answer ? hub_status_error(answer->status, file.wanted.name) : answer.error();
    if (!is_passing(error) || !answered || fruitless >= kMaxAttemptsWithoutBytes)
      return std::unexpected(error);
    if (fruitless > 0) ZIMU_TRY_VOID(pause(context.options.stop, fruitless));
  }
  return fail(ErrorCode::kUnavailable,
              fmt::format("the download of {} broke off too often", file.wanted.name), "try again later");
}

}  // namespace

Error hub_status_error(int status, const std::string& what) {
  switch (status) {
    case 401:
    case 403:
      return {ErrorCode::kUnauthorized,
              fmt::format("the hub does not give out {} without a login (HTTP {})", what, status),
              "check the name; for a gated model accept its conditions on the hub's page and set HF_TOKEN"};
    case 404:
      return {ErrorCode::kNotFound, fmt::format("the hub has no {} (HTTP 404)", what), "check the name"};
    case 408:
    case 429:
      return {ErrorCode::kUnavailable, fmt::format("the hub is too busy for {} (HTTP {})", what, status),
              "try again later"};
    default:
      break;
  }
  if (status >= 500)
    return {ErrorCode::kUnavailable, fmt::format("the hub has a problem of its own (HTTP {})", status),
            "try again later"};
  return {ErrorCode::kProtocol, fmt::format("the hub answered HTTP {} for {}", status, what),
          "check HF_ENDPOINT"};
}

Result<> verify_file(const fs::path& path, const WantedFile& wanted) {
  const std::uint64_t size = size_of(path);
  if (wanted.size > 0 && size != wanted.size) {
    return fail(ErrorCode::kModelInvalid,
                fmt::format("{} has {} bytes instead of {}", wanted.name, size, wanted.size), "try again");
  }
  if (wanted.sha256.empty()) return {};
  ZIMU_TRY(const auto found, sha256_file(path));
  if (found == wanted.sha256) return {};
  return fail(ErrorCode::kModelInvalid,
              fmt::format("{} has SHA-256 {}, but {} is expected", wanted.name, found, wanted.sha256),
              "try again; if it stays so, check HF_ENDPOINT and whatever sits between here and the hub");
}

Result<> fetch_hub_file(HubFile file, const FetchContext& context) {
  const fs::path target = file.folder / file.wanted.name;
  auto part = target;
  part += ".part";
  std::error_code ec;
  if (fs::exists(target, ec) && verify_file(target, file.wanted)) return {};
  const bool resumed = size_of(part) > 0;
  for (const bool last : {!resumed, true}) {
    ZIMU_TRY_VOID(complete_part(file, part, context));
    if (file.wanted.size > 1U << 20U) context.tell("verify");
    auto verified = verify_file(part, file.wanted);
    if (verified) break;
    ::unlink(part.c_str());  // a resumed one may have been of another file: once more from its start
    if (last || verified.error().code != ErrorCode::kModelInvalid) return verified;
  }
  if (::rename(part.c_str(), target.c_str()) != 0) {
    return std::unexpected(error_from_errno(errno, fmt::format("cannot rename {}", part.string())));
  }
  sync_folder(file.folder);
  return {};
}

}  // namespace zimu::models
