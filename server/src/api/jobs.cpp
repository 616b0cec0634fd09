#include <boost/json/array.hpp>

#include <fmt/format.h>

#include "api/dto.hpp"
#include "api/fields.hpp"
#include "api/render_json.hpp"
#include "api/routes.hpp"
#include "base/uuid.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

/// Where domain::validate has the exact bounds and names the field.
constexpr std::int64_t kAnyInt = 1'000'000;
constexpr int kMaxPriority = 100;

http::Awaitable<http::Response> list_jobs(Context& context, http::Request& request) {
  app::JobQuery query;
  ZIMU_REPLY_TRY(query.page, page_query(request));
  ZIMU_REPLY_TRY(query.media_id, query_id(request, "media_id"));
  if (const auto state = request.query_value("state")) {
    const auto known = domain::job_state_from_name(*state);
    if (!known) {
      co_return http::Response::problem({ErrorCode::kInvalidArgument, "'state' is not the name of a job state",
                                         "use one of queued, running, paused, done, failed, cancelled"});
    }
    query.state = *known;
  }
  ZIMU_REPLY_TRY(query.transcript_id, query_id(request, "transcript_id"));
  if (const auto kind = request.query_value("kind")) {
    const auto known = domain::job_kind_from_name(*kind);
    if (!known) co_return http::Response::problem({ErrorCode::kInvalidArgument, "'kind' must be transcribe or render"});
    query.kind = *known;
  }
  const JsonTask task = [&context, query]() -> Result<json::value> {
    ZIMU_TRY(const auto page, context.jobs.list(query));
    json::array items;
    for (const auto& job : page.items) items.push_back(to_json(job));
    return page_json(std::move(items), page.next);
  };
  co_return co_await answer(context, 200, task);
}

Result<domain::JobSpan> read_span(const json::object& object) {
  BodyFields fields(object);
  for (const std::string_view name : {"transcript_id", "start_ms", "end_ms"}) fields.require(name);
  domain::JobSpan span;
  span.transcript_id = fields.text("transcript_id").value_or("");
  span.start = Milliseconds{fields.integer("start_ms", 0, kMaxMediaMs).value_or(0)};
  span.end = Milliseconds{fields.integer("end_ms", 0, kMaxMediaMs).value_or(0)};
  if (auto read = fields.finish(); !read) return fail(ErrorCode::kInvalidArgument, "span: " + read.error().message);
  if (!is_uuid(span.transcript_id)) return fail(ErrorCode::kInvalidArgument, "field 'span.transcript_id' must be an id");
  ZIMU_TRY_VOID(domain::validate(span, Milliseconds{0}));
  return span;
}

Result<app::CreateJob> read_job(const json::object& object, const std::string& default_model) {
  BodyFields fields(object);
  app::CreateJob job;
  auto& options = job.options;
  options.model = default_model;
  const auto set = [](auto& target, auto value) {
    if (value) target = static_cast<std::remove_reference_t<decltype(target)>>(*value);
  };
  fields.text("kind");  // create_job has looked at it
  fields.require("media_id");
  set(job.media_id, fields.text("media_id"));
  set(options.model, fields.text("model"));
  const auto language = fields.text("language");
  set(options.language, language);
  const auto task = fields.text("task");
  set(options.words, fields.flag("words"));
  set(options.prompt, fields.text("prompt"));
  set(options.device, fields.text("device"));
  set(options.threads, fields.integer("threads", -kAnyInt, kAnyInt));
  const auto audio_stream = fields.integer("audio_stream", -kAnyInt, kAnyInt);
  set(options.audio_stream, audio_stream);
  set(options.temperature, fields.number("temperature", 0, 1));
  set(options.languages, fields.texts("languages"));
  set(options.beam_size, fields.integer("beam_size", -kAnyInt, kAnyInt));
  set(job.priority, fields.integer("priority", -kMaxPriority, kMaxPriority));
  const auto* span = fields.object("span");
  ZIMU_TRY_VOID(fields.finish());
  if (span != nullptr) {
    job.part = app::SpanRequest{{}, language.has_value(), task.has_value(), audio_stream.has_value()};
    ZIMU_TRY(job.part->span, read_span(*span));
  }
  if (!is_uuid(job.media_id)) return fail(ErrorCode::kInvalidArgument, "field 'media_id' must be an id");
  if (task) {
    const auto known = domain::task_from_name(*task);
    if (!known) return fail(ErrorCode::kInvalidArgument, "field 'task' must be transcribe or translate");
    options.task = *known;
  }
  ZIMU_TRY_VOID(domain::validate(options));
  return job;
}

/// The kind says which fields there are.
Result<std::function<Result<domain::Job>()>> read_order(Context& context, const json::object& object) {
  const auto* kind = object.if_contains("kind");
  if (kind != nullptr && *kind == "render") {
    ZIMU_TRY(const auto render, read_render(object));
    return [&context, render] { return context.jobs.create(render); };
  }
  if (kind != nullptr && *kind != "transcribe") {
    return fail(ErrorCode::kInvalidArgument, "field 'kind' must be transcribe or render");
  }
  ZIMU_TRY(const auto job, read_job(object, context.default_model));
  return [&context, job] { return context.jobs.create(job); };
}

http::Awaitable<http::Response> create_job(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto object, co_await read_json(request));
  ZIMU_REPLY_TRY(const auto task, read_order(context, object));
  ZIMU_REPLY_TRY(const auto job, co_await http::run_blocking(context.pool, task));
  http::Response response = json_response(201, to_json(job));
  response.headers.add("Location", "/api/v1/jobs/" + job.id);
  co_return response;
}

using JobCall = Result<domain::Job> (app::JobService::*)(const std::string& id);

http::Awaitable<http::Response> call(Context& context, http::Request& request, JobCall method) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "job"));
  const JsonTask task = [&context, id, method]() -> Result<json::value> {
    ZIMU_TRY(const auto job, (context.jobs.*method)(id));
    return to_json(job);
  };
  co_return co_await answer(context, 200, task);
}

http::Awaitable<http::Response> get_job(Context& context, http::Request& request) {
  return call(context, request, &app::JobService::get);
}
http::Awaitable<http::Response> cancel_job(Context& context, http::Request& request) {
  return call(context, request, &app::JobService::cancel);
}
http::Awaitable<http::Response> retry_job(Context& context, http::Request& request) {
  return call(context, request, &app::JobService::retry);
}

http::Awaitable<http::Response> pause_job(Context& context, http::Request& request) {
  return call(context, request, &app::JobService::pause);
}
http::Awaitable<http::Response> resume_job(Context& context, http::Request& request) {
  return call(context, request, &app::JobService::resume);
}

http::Awaitable<http::Response> delete_job(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "job"));
  const auto task = [&context, id] { return context.jobs.remove(id); };
  ZIMU_REPLY_TRY_VOID(co_await http::run_blocking(context.pool, task));
  co_return http::Response::empty(204);
}

http::Awaitable<http::Response> set_priority(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "job"));
  ZIMU_REPLY_TRY(const auto object, co_await read_json(request));
  BodyFields fields(object);
  fields.require("priority");
  const auto priority = static_cast<int>(fields.integer("priority", -kMaxPriority, kMaxPriority).value_or(0));
  ZIMU_REPLY_TRY_VOID(fields.finish());
  const JsonTask task = [&context, id, priority]() -> Result<json::value> {
    ZIMU_TRY(const auto job, context.jobs.set_priority(id, priority));
    return to_json(job);
  };
  co_return co_await answer(context, 200, task);
}

}  // namespace

void add_job_routes(http::Router& router, Context& context) {
  using http::BodyPolicy;
  router.add("GET", "/api/v1/jobs", bind(context, list_jobs));
  router.add("POST", "/api/v1/jobs", bind(context, create_job), BodyPolicy::kSmall);
  router.add("GET", "/api/v1/jobs/{id}", bind(context, get_job));
  router.add("DELETE", "/api/v1/jobs/{id}", bind(context, delete_job));
  // They take no fields, but clients that always send "{}" are no error.
  router.add("POST", "/api/v1/jobs/{id}/cancel", bind(context, cancel_job), BodyPolicy::kSmall);
  router.add("POST", "/api/v1/jobs/{id}/pause", bind(context, pause_job), BodyPolicy::kSmall);
  router.add("POST", "/api/v1/jobs/{id}/resume", bind(context, resume_job), BodyPolicy::kSmall);
  router.add("POST", "/api/v1/jobs/{id}/retry", bind(context, retry_job), BodyPolicy::kSmall);
  router.add("POST", "/api/v1/jobs/{id}/priority", bind(context, set_priority), BodyPolicy::kSmall);
}

}  // namespace zimu::api
