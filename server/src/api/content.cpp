// The recording's bytes, its waveform and its picture.
#include <boost/json/array.hpp>

#include <algorithm>

#include <fmt/format.h>

#include "api/fields.hpp"
#include "api/file_answer.hpp"
#include "api/routes.hpp"
#include "base/file.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

Result<FileContent> find_content(Context& context, const std::string& id) {
  ZIMU_TRY(const auto media, context.media.get(id));
  auto content = stored_file(context.media.content_path(media), media.file_name, media.content_type, id);
  if (content) return std::move(*content);
  return fail(ErrorCode::kNotFound, fmt::format("the file of recording {} is gone", id), "upload it again");
}

http::Awaitable<http::Response> get_content(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "recording"));
  ZIMU_REPLY_TRY(const bool download, query_flag(request, "download", false));
  const auto task = [&context, id] { return find_content(context, id); };
  ZIMU_REPLY_TRY(const auto content, co_await http::run_blocking(context.pool, task));
  co_return file_answer(request, content, download);
}

constexpr std::int64_t kDefaultPoints = 1000;
constexpr std::int64_t kMaxPoints = 20'000;
/// The worker writes at most 1,000,000 buckets of a byte.
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

/// The buckets that the time from `start_ms` to before `end_ms` touches.
struct Span {
  std::uint64_t start_ms = 0;
  std::uint64_t end_ms = kMaxMediaMs;
};

json::value waveform_json(const Peaks& peaks, Span span, std::size_t points) {
  const std::uint64_t bucket = std::max<std::uint64_t>(1, peaks.bucket_ms);
  const std::uint64_t count = peaks.values.size();
  const std::uint64_t first = std::min(span.start_ms / bucket, count);
  const std::uint64_t last = std::clamp((span.end_ms + bucket - 1) / bucket, first, count);
  const std::string_view within = std::string_view(peaks.values).substr(first, last - first);
  const std::size_t group = std::max<std::size_t>(1, (within.size() + points - 1) / points);
  json::array values;
  for (std::size_t i = 0; i < within.size(); i += group) {
    unsigned char greatest = 0;
    for (const char c : within.substr(i, group)) {
      greatest = std::max(greatest, static_cast<unsigned char>(c));
    }
    values.push_back(json::value(static_cast<std::int64_t>(greatest)));
  }
  return json::object{{"bucket_ms", bucket * group}, {"start_ms", bucket * first}, {"peaks", std::move(values)}};
}

http::Awaitable<http::Response> get_waveform(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "recording"));
  ZIMU_REPLY_TRY(const auto asked, query_integer(request, "points", 1, kMaxPoints));
  ZIMU_REPLY_TRY(const auto start, query_integer(request, "start_ms", 0, kMaxMediaMs));
  ZIMU_REPLY_TRY(const auto end, query_integer(request, "end_ms", 0, kMaxMediaMs));
  const auto points = static_cast<std::size_t>(asked.value_or(kDefaultPoints));
  const Span span{static_cast<std::uint64_t>(start.value_or(0)), static_cast<std::uint64_t>(end.value_or(kMaxMediaMs))};
  if (span.end_ms <= span.start_ms) {
    co_return http::Response::problem({ErrorCode::kInvalidArgument, "'end_ms' must be greater than 'start_ms'"});
  }
  const JsonTask task = [&context, id, points, span]() -> Result<json::value> {
    ZIMU_TRY(const auto peaks, read_peaks(context, id));
    return waveform_json(peaks, span, points);
  };
  co_return co_await answer(context, 200, task);
}

Result<FileContent> find_poster(Context& context, const std::string& id) {
  ZIMU_TRY(const auto media, context.media.get(id));
  auto poster = stored_file(context.media.poster_path(id), "poster.jpg", "image/jpeg", id + "-poster");
  if (poster) return std::move(*poster);
  if (media.state == domain::MediaState::kInspecting) {
    return fail(ErrorCode::kConflict, fmt::format("recording {} is still being looked at", id), "ask again in a moment");
  }
  return fail(ErrorCode::kNotFound, fmt::format("recording {} has no picture", id));
}

http::Awaitable<http::Response> get_poster(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "recording"));
  const auto task = [&context, id] { return find_poster(context, id); };
  ZIMU_REPLY_TRY(const auto poster, co_await http::run_blocking(context.pool, task));
  co_return file_answer(request, poster, false);
}

}  // namespace

void add_content_routes(http::Router& router, Context& context) {
  router.add("GET", "/api/v1/media/{id}/content", bind(context, get_content));
  router.add("GET", "/api/v1/media/{id}/waveform", bind(context, get_waveform));
  router.add("GET", "/api/v1/media/{id}/poster", bind(context, get_poster));
}

}  // namespace zimu::api
