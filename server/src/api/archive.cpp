// Many recordings' texts as one zip, made while it is sent.
#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "api/fields.hpp"
#include "api/routes.hpp"
#include "app/unique_names.hpp"
#include "archive/zip_stream.hpp"
#include "base/uuid.hpp"
#include "domain/export.hpp"
#include "http/content_disposition.hpp"
#include "http/status.hpp"

namespace zimu::api {
namespace {

/// What fits into the head of a request.
constexpr std::size_t kMaxArchived = 400;
constexpr std::string_view kLeftOutName = "missing";

struct Item {
  std::string transcript_id;
  std::string name;  ///< of its files, without extension
};

/// One archive on its way. Owner: the response's coroutine; the pool works on it, one task at a time.
struct Archive {
  Context& context;
  std::vector<domain::ExportFormat> formats;
  archive::ZipStream zip;
  std::vector<Item> items = {};
  std::string left_out = {};  ///< a line for each that is not in it
};

std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> parts;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (comma > 0) parts.push_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return parts;
}

Result<std::vector<std::string>> wanted_media(const http::Request& request) {
  std::vector<std::string> ids;
  std::set<std::string_view> seen;
  for (const std::string_view id : split(request.query_value("media_ids").value_or(""))) {
    if (!is_uuid(id)) return fail(ErrorCode::kInvalidArgument, "'media_ids' must be ids with commas between them");
    if (seen.insert(id).second) ids.emplace_back(id);
  }
  if (ids.empty() || ids.size() > kMaxArchived) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'media_ids' must name 1 to {} recordings", kMaxArchived));
  }
  return ids;
}

Result<std::vector<domain::ExportFormat>> wanted_formats(const http::Request& request) {
  std::vector<domain::ExportFormat> formats;
  for (const std::string_view name : split(request.query_value("formats").value_or("srt"))) {
    auto format = domain::find_export_format(name);
    if (!format) return fail(ErrorCode::kInvalidArgument, format.error().message, format.error().action);
    const auto same = [&](const domain::ExportFormat& other) { return other.name == format->name; };
    if (std::ranges::none_of(formats, same)) formats.push_back(*format);
  }
  if (formats.empty()) return fail(ErrorCode::kInvalidArgument, "'formats' must name at least one", "for example srt,txt");
  return formats;
}

/// Blocking. kNotFound names the recording; kConflict when none of them has a finished transcript.
Result<std::shared_ptr<Archive>> plan(Context& context, const std::vector<std::string>& ids,
                                      const std::vector<domain::ExportFormat>& formats) {
  ZIMU_TRY(auto zip, archive::ZipStream::begin());
  const auto archive = std::make_shared<Archive>(Archive{context, formats, std::move(zip)});
  app::UniqueNames names;
  names.take(kLeftOutName);
  for (const std::string& id : ids) {
    ZIMU_TRY(const auto media, context.media.get(id));
    ZIMU_TRY(const auto transcripts, context.jobs.transcripts_of(id));
    const auto newest = std::ranges::find_if(transcripts, &domain::Transcript::complete);  // the newest comes first
    if (newest == transcripts.end()) {
      archive->left_out += fmt::format("{}: it has no finished transcript\n", media.title);
    } else {
      archive->items.push_back({newest->id, names.take(media.title)});
    }
  }
  if (!archive->items.empty()) return archive;
  return fail(ErrorCode::kConflict, "none of these recordings has a finished transcript", "transcribe one of them first");
}

/// The next bytes of the zip: one recording in all formats, or the end. Blocking.
Result<std::string> next_bytes(Archive& archive, std::size_t index) {
  std::string bytes;
  if (index < archive.items.size()) {
    const Item& item = archive.items[index];
    const auto transcript = archive.context.jobs.transcript(item.transcript_id, true);
    if (!transcript) {
      archive.left_out += fmt::format("{}: {}\n", item.name, transcript.error().message);
      return bytes;
    }
    for (const auto& format : archive.formats) {
      ZIMU_TRY(const auto text, domain::export_transcript(*transcript, format.name));
      ZIMU_TRY(const auto part, archive.zip.add(fmt::format("{}.{}", item.name, format.extension), text, transcript->updated_at));
      bytes += part;
    }
    return bytes;
  }
  if (!archive.left_out.empty()) {
    const std::string text = "These recordings are not in this archive:\n\n" + archive.left_out;
    ZIMU_TRY(const auto part, archive.zip.add(fmt::format("{}.txt", kLeftOutName), text, now_utc()));
    bytes += part;
  }
  ZIMU_TRY(const auto last, archive.zip.end());
  return bytes + last;
}

/// A zip that breaks off has no list of names: every program says that it is damaged.
http::Awaitable<> produce(std::shared_ptr<Archive> archive, http::StreamWriter* writer) {
  for (std::size_t index = 0; index <= archive->items.size() && !writer->stopping(); ++index) {
    const auto task = [archive, index] { return next_bytes(*archive, index); };
    auto bytes = co_await http::run_blocking(archive->context.pool, task);
    if (!bytes) co_return;
    if (bytes->empty()) continue;
    const auto written = co_await writer->write(std::move(*bytes));
    if (!written) co_return;
  }
}

http::Awaitable<http::Response> get_archive(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto ids, wanted_media(request));
  ZIMU_REPLY_TRY(const auto formats, wanted_formats(request));
  const auto task = [&context, ids, formats] { return plan(context, ids, formats); };
  ZIMU_REPLY_TRY(const auto archive, co_await http::run_blocking(context.pool, task));
  http::Response response;
  response.headers.add("Content-Type", "application/zip");
  response.headers.add("Content-Disposition",
                       http::content_disposition(http::Disposition::kAttachment, "transcripts.zip"));
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Accel-Buffering", "no");
  response.body = http::StreamBody{[archive](http::StreamWriter& writer) { return produce(archive, &writer); }};
  co_return response;
}

}  // namespace

void add_archive_routes(http::Router& router, Context& context) {
  router.add("GET", "/api/v1/archive", bind(context, get_archive));
}

}  // namespace zimu::api
