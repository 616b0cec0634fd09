// The recording's bytes and its waveform.
#include <boost/json/array.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "api/fields.hpp"
#include "api/routes.hpp"
#include "base/file.hpp"
#include "http/content_disposition.hpp"
#include "http/etag.hpp"
#include "http/range.hpp"
#include "http/status.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

/// Whatever is uploaded, opened as a page it runs nothing and reaches nothing of ours; players still play it.
constexpr std::string_view kInertPage =
    "sandbox; default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'";
/// The bytes of an id never change, but they may be deleted.
constexpr std::string_view kRevalidate = "private, no-cache";

struct Content {
  std::filesystem::path path;
  std::uint64_t size = 0;
  std::string file_name;
  std::string content_type;
  std::string etag;
};

/// HTML and SVG would be pages of our own origin; XML can carry both.
bool is_safe_inline(std::string_view type) {
  const bool media = type.starts_with("audio/") || type.starts_with("video/") || type.starts_with("image/");
  return media && type.find("svg") == std::string_view::npos && type.find("xml") == std::string_view::npos;
}

Result<Content> find_content(Context& context, const std::string& id) {
  ZIMU_TRY(const auto media, context.media.get(id));
  Content content{context.media.content_path(media), 0, media.file_name, media.content_type, {}};
  struct stat info {};
  if (::stat(content.path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return fail(ErrorCode::kNotFound, fmt::format("the file of recording {} is gone", id), "upload it again");
  }
  content.size = static_cast<std::uint64_t>(info.st_size);
  content.etag = fmt::format("\"{}-{:x}\"", id, content.size);
  return content;
}

void describe(http::Response& response, const Content& content, bool download) {
  const bool safe = is_safe_inline(content.content_type);
  const auto disposition = download || !safe ? http::Disposition::kAttachment : http::Disposition::kInline;
  response.headers.set("Content-Type", safe ? content.content_type : "application/octet-stream");
  response.headers.set("Content-Disposition", http::content_disposition(disposition, content.file_name));
}

/// RFC 9110 §13.2.2: If-Match, If-None-Match, then Range with If-Range.
http::Response respond(const http::Request& request, const Content& content, bool download) {
  http::Response response;
  response.headers.add("ETag", content.etag);
  response.headers.add("Cache-Control", std::string(kRevalidate));
  response.headers.add("Accept-Ranges", "bytes");
  response.headers.add("Content-Security-Policy", std::string(kInertPage));
  if (const auto match = request.headers.find("If-Match"); match && !http::etag_matches_strong(*match, content.etag)) {
    return http::problem_with_status(412, {ErrorCode::kConflict, "the recording's bytes are not those of If-Match"});
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
    const std::string why = fmt::format("the recording has {} bytes; Range starts past them", content.size);
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

http::Awaitable<http::Response> get_content(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "recording"));
  ZIMU_REPLY_TRY(const bool download, query_flag(request, "download", false));
  const auto task = [&context, id] { return find_content(context, id); };
  ZIMU_REPLY_TRY(const auto content, co_await http::run_blocking(context.pool, task));
  co_return respond(request, content, download);
}

constexpr std::int64_t kDefaultPoints = 1000;
constexpr std::int64_t kMaxPoints = 20'000;
/// The worker writes at most 200,000 buckets of a byte.
constexpr std::uint64_t kMaxPeaksFile = 1U << 20U;

/// worker/inspect_job.cpp writes it: "ZPK1", bucket in ms and count as little-endian 32-bit numbers, a byte a bucket.
struct Peaks {
  std::uint64_t bucket_ms = 0;
  std::string values;
};

Result<Peaks> parse_peaks(const std::string& file) {
  constexpr std::size_t kHead = 12;
  const auto number = [&file](std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 4; i > 0; --i) value = value << 8U | static_cast<unsigned char>(file[at + i - 1]);
    return value;
  };
  if (file.size() < kHead || !file.starts_with("ZPK1") || number(8) != file.size() - kHead) {
    return fail(ErrorCode::kIo, "the stored waveform is damaged", "delete the recording and upload it again");
  }
  return Peaks{number(4), file.substr(kHead)};
}

Result<Peaks> read_peaks(Context& context, const std::string& id) {
  ZIMU_TRY(const auto media, context.media.get(id));
  if (const auto file = read_file(context.media.peaks_path(id), kMaxPeaksFile)) return parse_peaks(*file);
  if (media.state == domain::MediaState::kInspecting) {
    return fail(ErrorCode::kConflict, fmt::format("recording {} is still being looked at", id), "ask again in a moment");
  }
  return fail(ErrorCode::kNotFound, fmt::format("recording {} has no waveform", id));
}

json::value waveform_json(const Peaks& peaks, std::size_t points) {
  const std::size_t group = std::max<std::size_t>(1, (peaks.values.size() + points - 1) / points);
  json::array values;
  for (std::size_t i = 0; i < peaks.values.size(); i += group) {
    unsigned char greatest = 0;
    for (const char c : std::string_view(peaks.values).substr(i, group)) {
      greatest = std::max(greatest, static_cast<unsigned char>(c));
    }
    values.push_back(json::value(static_cast<std::int64_t>(greatest)));
  }
  return json::object{{"bucket_ms", peaks.bucket_ms * group}, {"peaks", std::move(values)}};
}

http::Awaitable<http::Response> get_waveform(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "recording"));
  ZIMU_REPLY_TRY(const auto asked, query_integer(request, "points", 1, kMaxPoints));
  const auto points = static_cast<std::size_t>(asked.value_or(kDefaultPoints));
  const JsonTask task = [&context, id, points]() -> Result<json::value> {
    ZIMU_TRY(const auto peaks, read_peaks(context, id));
    return waveform_json(peaks, points);
  };
  co_return co_await answer(context, 200, task);
}

}  // namespace

void add_content_routes(http::Router& router, Context& context) {
  router.add("GET", "/api/v1/media/{id}/content", bind(context, get_content));
  router.add("GET", "/api/v1/media/{id}/waveform", bind(context, get_waveform));
}

}  // namespace zimu::api
