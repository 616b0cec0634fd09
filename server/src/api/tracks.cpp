// Transcripts that no job makes, and the end of one; films with subtitles.
#include <fmt/format.h>

#include "api/dto.hpp"
#include "api/fields.hpp"
#include "api/file_answer.hpp"
#include "api/routes.hpp"
#include "app/render_files.hpp"
#include "base/utf8.hpp"
#include "domain/align.hpp"
#include "domain/import.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

http::Awaitable<Result<std::string>> read_file_body(http::Request& request, std::size_t limit) {
  std::string body;
  while (true) {
    ZIMU_CO_TRY(const auto piece, co_await request.body->next());
    if (piece.empty()) co_return body;
    if (body.size() + piece.size() > limit) {
      co_return fail(ErrorCode::kTooLarge, fmt::format("the file is over {} bytes", limit));
    }
    body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
}

Result<std::string> query_title(const http::Request& request) {
  const auto title = request.query_value("title");
  return title && !title->empty() ? check_title(*title) : Result<std::string>("");
}

Result<std::string> query_language(const http::Request& request) {
  const auto wanted = request.query_value("language");
  if (!wanted || wanted->empty()) return "";
  if (const auto code = domain::language_code(*wanted)) return std::string(*code);
  return fail(ErrorCode::kInvalidArgument, fmt::format("'language' is '{}', which is no language Whisper knows", to_utf8(*wanted)),
              "use an ISO 639-1 code such as en, zh or de");
}

http::Response created(const domain::Transcript& transcript) {
  http::Response response = json_response(201, header_json(transcript));
  response.headers.add("Location", "/api/v1/transcripts/" + transcript.id);
  return response;
}

http::Awaitable<http::Response> import_track(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "recording"));
  std::optional<domain::SubtitleFormat> format;
  if (const auto name = request.query_value("format")) {
    ZIMU_REPLY_TRY(format, domain::subtitle_format_from_name(*name));
  }
  app::NewTrack track;
  track.media_id = id;
  ZIMU_REPLY_TRY(track.title, query_title(request));
  ZIMU_REPLY_TRY(track.language, query_language(request));
  ZIMU_REPLY_TRY(auto body, co_await read_file_body(request, domain::kMaxImportBytes));
  const auto task = [&context, track, body = std::move(body), format]() mutable -> Result<http::Response> {
    if (auto media = context.media.get(track.media_id); !media) return std::unexpected(std::move(media).error());
    ZIMU_TRY(track.segments, domain::import_subtitles(body, format));
    ZIMU_TRY(const auto transcript, context.jobs.add_track(std::move(track)));
    return created(transcript);
  };
  ZIMU_REPLY_TRY(auto response, co_await http::run_blocking(context.pool, task));
  co_return response;
}

http::Awaitable<http::Response> align_track(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "transcript"));
  ZIMU_REPLY_TRY(const auto title, query_title(request));
  ZIMU_REPLY_TRY(auto body, co_await read_file_body(request, domain::kMaxAlignBytes));
  const auto task = [&context, id, title, body = std::move(body)]() -> Result<http::Response> {
    ZIMU_TRY(const auto timed, context.jobs.transcript(id, true));
    if (!timed.complete) {
      return fail(ErrorCode::kConflict, fmt::format("transcript {} is not complete", id), "wait until its job is done");
    }
    app::NewTrack track;
    track.media_id = timed.media_id;
    track.title = title.empty() ? timed.title : title;
    track.language = timed.language;
    track.origin = domain::Origin::kAlign;
    track.model = timed.model;
    ZIMU_TRY(track.segments, domain::align_text(body, timed.segments));
    ZIMU_TRY(const auto transcript, context.jobs.add_track(std::move(track)));
    return created(transcript);
  };
  ZIMU_REPLY_TRY(auto response, co_await http::run_blocking(context.pool, task));
  co_return response;
}

http::Awaitable<http::Response> delete_transcript(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "transcript"));
  const auto task = [&context, id] { return context.jobs.remove_transcript(id); };
  ZIMU_REPLY_TRY_VOID(co_await http::run_blocking(context.pool, task));
  co_return http::Response::empty(204);
}

Result<FileContent> find_result(Context& context, const std::string& id) {
  ZIMU_TRY(const auto job, context.jobs.get(id));
  if (job.kind != domain::JobKind::kRender) {
    return fail(ErrorCode::kNotFound, fmt::format("job {} makes no file", id), "export its transcript");
  }
  if (!job.result) {
    const auto state = domain::job_state_name(job.state);
    if (domain::is_final(job.state)) return fail(ErrorCode::kNotFound, fmt::format("job {} is {}: there is no file", id, state));
    return fail(ErrorCode::kConflict, fmt::format("job {} is {}: there is no file yet", id, state), "wait until it is done");
  }
  auto film = stored_file(app::render_path(context.media.uploads_dir(), job), job.result->file_name, job.result->content_type, id);
  if (film) return std::move(*film);
  return fail(ErrorCode::kNotFound, fmt::format("the file of job {} is gone", id), "render it again");
}

http::Awaitable<http::Response> get_result(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "job"));
  const auto task = [&context, id] { return find_result(context, id); };
  ZIMU_REPLY_TRY(const auto content, co_await http::run_blocking(context.pool, task));
  co_return file_answer(request, content, true);
}

}  // namespace

void add_track_routes(http::Router& router, Context& context) {
  using http::BodyPolicy;
  router.add("POST", "/api/v1/media/{id}/transcripts", bind(context, import_track), BodyPolicy::kStream);
  router.add("POST", "/api/v1/transcripts/{id}/align", bind(context, align_track), BodyPolicy::kStream);
  router.add("DELETE", "/api/v1/transcripts/{id}", bind(context, delete_transcript));
  router.add("GET", "/api/v1/jobs/{id}/result", bind(context, get_result));
}

}  // namespace zimu::api
