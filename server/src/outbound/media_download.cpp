#include "outbound/media_download.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/ascii.hpp"
#include "base/file.hpp"
#include "outbound/http_client.hpp"

namespace zimu::outbound {
namespace {

Error web_page() {
  return {ErrorCode::kBadMedia, "that address is a web page, not a media file",
          "give the address of the audio or video file itself, or download it and upload the file"};
}

bool is_page_type(std::string_view content_type) {
  const std::string type = ascii_lower(content_type.substr(0, content_type.find(';')));
  return type.starts_with("text/html") || type.starts_with("application/xhtml+xml");
}

/// For servers that call everything octet-stream. No media file starts with '<'.
bool starts_like_page(std::span<const std::byte> bytes) {
  constexpr std::size_t kLook = 256;
  std::string head;
  for (const std::byte b : bytes.first(std::min(bytes.size(), kLook))) head.push_back(static_cast<char>(b));
  if (head.starts_with("\xEF\xBB\xBF")) head.erase(0, 3);
  const auto first = head.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return false;
  const std::string text = ascii_lower(std::string_view(head).substr(first));
  return text.starts_with("<!doctype html") || text.starts_with("<html");
}

Error status_error(const HttpResponse& answer) {
  switch (answer.status) {
    case 401:
    case 403:
      return {ErrorCode::kInvalidArgument,
              fmt::format("the server does not give that file without a login (HTTP {})", answer.status),
              "download it in the browser and upload the file"};
    case 404:
    case 410:
      return {ErrorCode::kInvalidArgument,
              fmt::format("there is no file at that address (HTTP {})", answer.status), "check the address"};
    case 408:
    case 429:
      return {ErrorCode::kUnavailable, fmt::format("the server is too busy (HTTP {})", answer.status),
              "try again later"};
    default:
      break;
  }
  if (answer.status >= 500) {
    return {ErrorCode::kUnavailable,
            fmt::format("the server has a problem of its own (HTTP {})", answer.status), "try again later"};
  }
  return {ErrorCode::kInvalidArgument,
          fmt::format("the server answered HTTP {} instead of a file", answer.status), "check the address"};
}

/// The file being written; deleted unless kept.
class Target {
 public:
  static Result<Target> create(const std::filesystem::path& path) {
    ZIMU_TRY(auto fd, open_file(path, O_WRONLY | O_CREAT | O_TRUNC));
    return Target(path, std::move(fd));
  }
  Target(Target&& other) noexcept = default;
  Target& operator=(Target&&) = delete;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  ~Target() {
    if (fd_) ::unlink(path_.c_str());
  }

  Result<> write(std::span<const std::byte> bytes) {
    size_ += bytes.size();
    return write_all(fd_.get(), bytes, path_.string());
  }
  std::uint64_t size() const { return size_; }
  Result<> keep() {
    if (::fsync(fd_.get()) != 0)
      return std::unexpected(error_from_errno(errno, fmt::format("cannot flush {}", path_.string())));
    fd_.reset();
    return {};
  }

 private:
  Target(std::filesystem::path path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::filesystem::path path_;
  UniqueFd fd_;
  std::uint64_t size_ = 0;
};

Result<> check_room(const HttpResponse& answer, const std::filesystem::path& target,
                    std::uint64_t max_bytes) {
  std::uint64_t length = 0;
  for (const char c : answer.header("content-length")) {
    if (c < '0' || c > '9' || length > (1ULL << 58U)) return {};
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (max_bytes > 0 && length > max_bytes) {
    return fail(
        ErrorCode::kTooLarge,
        fmt::format("the file has {} MB; {} MB are allowed", length / 1'000'000, max_bytes / 1'000'000),
        "raise ZIMU_MAX_UPLOAD_BYTES, or use a smaller file");
  }
  const auto folder = target.parent_path().empty() ? std::filesystem::path(".") : target.parent_path();
  ZIMU_TRY(const auto free, free_bytes(folder));
  if (length > free) {
    return fail(
        ErrorCode::kNoSpace,
        fmt::format("the file has {} MB, but only {} MB are free", length / 1'000'000, free / 1'000'000),
        "free some space on the disk of the data folder");
  }
  return {};
}

}  // namespace

Result<std::string> download_media(const std::string& url, const std::filesystem::path& target,
                                   const DownloadOptions& options) {
  ZIMU_TRY_VOID(origin_of(url));
  ZIMU_TRY(auto file, Target::create(target));
  HttpRequest request;
  request.url = url;
  request.headers = {{"Accept", "audio/*, video/*, application/octet-stream, */*;q=0.5"}};
  request.max_bytes = options.max_bytes;
  request.allow_private_addresses = options.allow_private_addresses;
  request.stop = options.stop;
  StreamHandlers handlers;
  handlers.on_head = [&](const HttpResponse& answer) -> Result<> {
    if (is_page_type(answer.header("content-type"))) return std::unexpected(web_page());
    return check_room(answer, target, options.max_bytes);
  };
  handlers.on_body = [&](std::span<const std::byte> bytes) -> Result<> {
    if (file.size() == 0 && starts_like_page(bytes)) return std::unexpected(web_page());
    return file.write(bytes);
  };
  handlers.on_progress = options.on_progress;
  ZIMU_TRY(const auto answer, HttpClient().stream(request, handlers));
  if (!answer.ok()) return std::unexpected(status_error(answer));
  if (file.size() == 0)
    return fail(ErrorCode::kBadMedia, "the file at that address is empty", "check the address");
  ZIMU_TRY_VOID(file.keep());
  return suggested_file_name(answer.header("content-disposition"), answer.url);
}

Result<std::string> download_media(const std::string& url, const std::filesystem::path& target,
                                   std::uint64_t max_bytes) {
  DownloadOptions options;
  options.max_bytes = max_bytes;
  return download_media(url, target, options);
}

}  // namespace zimu::outbound
