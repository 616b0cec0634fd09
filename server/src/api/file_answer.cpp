#include "api/file_answer.hpp"

#include <sys/stat.h>

#include <fmt/format.h>

#include "http/content_disposition.hpp"
#include "http/etag.hpp"
#include "http/range.hpp"
#include "http/status.hpp"

namespace zimu::api {
namespace {

/// Whatever is uploaded, opened as a page it runs nothing and reaches nothing of ours; players still play it.
constexpr std::string_view kInertPage =
    "sandbox; default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'";
/// The bytes of an id never change, but they may be deleted.
constexpr std::string_view kRevalidate = "private, no-cache";

/// HTML and SVG would be pages of our own origin; XML can carry both.
bool is_safe_inline(std::string_view type) {
  const bool media = type.starts_with("audio/") || type.starts_with("video/") || type.starts_with("image/");
  return media && type.find("svg") == std::string_view::npos && type.find("xml") == std::string_view::npos;
}

void describe(http::Response& response, const FileContent& content, bool download) {
  const bool safe = is_safe_inline(content.content_type);
  const auto disposition = download || !safe ? http::Disposition::kAttachment : http::Disposition::kInline;
  response.headers.set("Content-Type", safe ? content.content_type : "application/octet-stream");
  response.headers.set("Content-Disposition", http::content_disposition(disposition, content.file_name));
}

}  // namespace

std::optional<FileContent> stored_file(std::filesystem::path path, std::string file_name, std::string content_type,
                                       std::string_view tag) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  const auto size = static_cast<std::uint64_t>(info.st_size);
  return FileContent{std::move(path), size, std::move(file_name), std::move(content_type), fmt::format("\"{}-{:x}\"", tag, size)};
}

/// RFC 9110 §13.2.2: If-Match, If-None-Match, then Range with If-Range.
http::Response file_answer(const http::Request& request, const FileContent& content, bool download) {
  http::Response response;
  response.headers.add("ETag", content.etag);
  response.headers.add("Cache-Control", std::string(kRevalidate));
  response.headers.add("Accept-Ranges", "bytes");
  response.headers.add("Content-Security-Policy", std::string(kInertPage));
  if (const auto match = request.headers.find("If-Match"); match && !http::etag_matches_strong(*match, content.etag)) {
    return http::problem_with_status(412, {ErrorCode::kConflict, "the file's bytes are not those of If-Match"});
  }
  if (const auto none = request.headers.find("If-None-Match"); none && http::etag_matches(*none, content.etag)) {
    response.status = 304;
    return response;
  }
  auto range = http::RangeResult{};
  const auto if_range = request.headers.find("If-Range");
  // Range means something for GET only (§14.2).
  if (request.method == "GET" && (!if_range || http::if_range_matches(*if_range, content.etag))) {
    range = http::parse_range(request.headers.find("Range"), content.size);
  }
  if (range.verdict == http::RangeVerdict::kUnsatisfiable) {
    const std::string why = fmt::format("the file has {} bytes; Range starts past them", content.size);
    auto problem = http::problem_with_status(416, {ErrorCode::kInvalidArgument, why});
    problem.headers.add("Content-Range", fmt::format("bytes */{}", content.size));
    problem.headers.add("Accept-Ranges", "bytes");
    return problem;
  }
  describe(response, content, download);
  http::FileBody body{content.path, 0, content.size};
  if (range.verdict == http::RangeVerdict::kPartial) {
    response.status = 206;
    body.offset = range.range.first;
    body.length = range.range.length;
    const std::uint64_t last = body.offset + body.length - 1;
    response.headers.add("Content-Range", fmt::format("bytes {}-{}/{}", body.offset, last, content.size));
  }
  response.body = std::move(body);
  return response;
}

}  // namespace zimu::api
