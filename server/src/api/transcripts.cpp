#include <boost/json/array.hpp>

#include "api/caption_query.hpp"
#include "api/dto.hpp"
#include "api/fields.hpp"
#include "api/revision_json.hpp"
#include "api/routes.hpp"
#include "domain/export.hpp"
#include "http/content_disposition.hpp"
#include "http/status.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

http::Awaitable<http::Response> list_transcripts(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto media_id, query_id(request, "media_id"));
  if (!media_id) co_return http::Response::problem({ErrorCode::kInvalidArgument, "'media_id' must be given"});
  ZIMU_REPLY_TRY(const bool drafts, query_flag(request, "drafts", false));
  const JsonTask task = [&context, id = *media_id, drafts]() -> Result<json::value> {
    if (auto media = context.media.get(id); !media) return std::unexpected(std::move(media).error());
    ZIMU_TRY(const auto transcripts, context.jobs.transcripts_of(id, drafts));
    json::array items;
    for (const auto& transcript : transcripts) items.push_back(header_json(transcript));
    return page_json(std::move(items), std::nullopt);
  };
  co_return co_await answer(context, 200, task);
}

http::Awaitable<http::Response> get_transcript(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "transcript"));
  const JsonTask task = [&context, id]() -> Result<json::value> {
    ZIMU_TRY(const auto transcript, context.jobs.transcript(id, true));
    ZIMU_TRY(const auto undo, context.revisions.undo_state(transcript));
    json::object out = to_json(transcript);
    add_undo(out, undo);
    return out;
  };
  co_return co_await answer(context, 200, task);
}

http::Awaitable<http::Response> rename_transcript(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "transcript"));
  ZIMU_REPLY_TRY(const auto object, co_await read_json(request));
  BodyFields fields(object);
  fields.require("title");
  const std::string wanted = fields.text("title").value_or("");
  ZIMU_REPLY_TRY_VOID(fields.finish());
  ZIMU_REPLY_TRY(const auto title, check_title(wanted));
  const JsonTask task = [&context, id, title]() -> Result<json::value> {
    ZIMU_TRY(const auto transcript, context.jobs.rename_transcript(id, title));
    return header_json(transcript);
  };
  co_return co_await answer(context, 200, task);
}

http::Awaitable<http::Response> list_windows(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "transcript"));
  const JsonTask task = [&context, id]() -> Result<json::value> {
    if (auto transcript = context.jobs.transcript(id, false); !transcript) {
      return std::unexpected(std::move(transcript).error());
    }
    ZIMU_TRY(const auto windows, context.jobs.windows(id));
    json::array items;
    for (const auto& window : windows) items.push_back(to_json(window));
    return page_json(std::move(items), std::nullopt);
  };
  co_return co_await answer(context, 200, task);
}

http::Awaitable<http::Response> export_transcript(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "transcript"));
  const auto name = request.query_value("format");
  if (!name) co_return http::Response::problem({ErrorCode::kInvalidArgument, "'format' must be given", "for example srt"});
  const auto format = domain::find_export_format(*name);
  if (!format) co_return http::problem_with_status(400, format.error());
  domain::ExportOptions options;
  ZIMU_REPLY_TRY(options.word_times, query_flag(request, "words", false));
  ZIMU_REPLY_TRY(const bool download, query_flag(request, "download", false));
  ZIMU_REPLY_TRY(const auto choice, caption_choice(request));
  const auto task = [&context, id, chosen = *format, options, choice, download]() -> Result<http::Response> {
    ZIMU_TRY(const auto transcript, context.jobs.transcript(id, true));
    domain::ExportOptions ruled = options;
    if (choice.any()) {
      ZIMU_TRY(ruled.rules, domain::caption_rules(choice, domain::shown_language(transcript)));
    }
    ZIMU_TRY(auto text, domain::export_transcript(transcript, chosen.name, ruled));
    auto response = http::Response::text(200, std::move(text), std::string(chosen.content_type));
    const auto disposition = download ? http::Disposition::kAttachment : http::Disposition::kInline;
    const std::string file_name = transcript.title + "." + std::string(chosen.extension);
    response.headers.add("Content-Disposition", http::content_disposition(disposition, file_name));
    return response;
  };
  ZIMU_REPLY_TRY(auto response, co_await http::run_blocking(context.pool, task));
  co_return response;
}

/// What breaks the rules: in the cues that an export with them has, or in the transcript's own segments.
http::Awaitable<http::Response> check_transcript(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "transcript"));
  ZIMU_REPLY_TRY(const auto choice, caption_choice(request));
  if (!choice.any()) {
    co_return http::Response::problem({ErrorCode::kInvalidArgument, "'preset' must be given", "for example netflix"});
  }
  const auto cues = request.query_value("cues").value_or("preset");
  if (cues != "preset" && cues != "segments") {
    co_return http::Response::problem({ErrorCode::kInvalidArgument, "'cues' must be preset or segments"});
  }
  const JsonTask task = [&context, id, choice, anew = cues == "preset"]() -> Result<json::value> {
    ZIMU_TRY(const auto transcript, context.jobs.transcript(id, true));
    ZIMU_TRY(const auto rules, domain::caption_rules(choice, domain::shown_language(transcript)));
    return check_json(anew ? domain::make_captions(transcript, rules) : transcript, rules);
  };
  co_return co_await answer(context, 200, task);
}

}  // namespace

void add_transcript_routes(http::Router& router, Context& context) {
  router.add("GET", "/api/v1/transcripts", bind(context, list_transcripts));
  router.add("GET", "/api/v1/transcripts/{id}", bind(context, get_transcript));
  router.add("PATCH", "/api/v1/transcripts/{id}", bind(context, rename_transcript), http::BodyPolicy::kSmall);
  router.add("GET", "/api/v1/transcripts/{id}/windows", bind(context, list_windows));
  router.add("GET", "/api/v1/transcripts/{id}/export", bind(context, export_transcript));
  router.add("GET", "/api/v1/transcripts/{id}/check", bind(context, check_transcript));
}

}  // namespace zimu::api
