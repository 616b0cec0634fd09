#include <boost/json/array.hpp>

#include <fmt/format.h>

#include "api/dto.hpp"
#include "api/fields.hpp"
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
  const JsonTask task = [&context, query]() -> Result<json::value> {
    ZIMU_TRY(const auto page, context.jobs.list(query));
    json::array items;
    for (const auto& job : page.items) items.push_back(to_json(job));
    return page_json(std::move(items), page.next);
  };
  co_return co_await answer(context, 200, task);
}

Result<app::CreateJob> read_job(const json::object& object, const std::string& default_model) {
  BodyFields fields(object);
  app::CreateJob job;
  auto& options = job.options;
  options.model = default_model;
  const auto set = [](auto& target, auto value) {
    if (value) target = static_cast<std::remove_reference_t<decltype(target)>>(*value);
  };
  fields.require("media_id");
  set(job.media_id, fields.text("media_id"));
  set(options.model, fields.text("model"));
  set(options.language, fields.text("language"));
  const auto task = fields.text("task");
  set(options.words, fields.flag("words"));
  set(options.prompt, fields.text("prompt"));
  set(options.device, fields.text("device"));
  set(options.threads, fields.integer("threads", -kAnyInt, kAnyInt));
  set(options.audio_stream, fields.integer("audio_stream", -kAnyInt, kAnyInt));
  set(options.temperature, fields.number("temperature", 0, 1));
  set(job.priority, fields.integer("priority", -kMaxPriority, kMaxPriority));
  ZIMU_TRY_VOID(fields.finish());
  if (!is_uuid(job.media_id)) return fail(ErrorCode::kInvalidArgument, "field 'media_id' must be an id");
  if (task) {
    const auto known = domain::task_from_name(*task);
    if (!known) return fail(ErrorCode::kInvalidArgument, "field 'task' must be transcribe or translate");
    options.task = *known;
  }
  ZIMU_TRY_VOID(domain::validate(options));
  return job;
}

http::Awaitable<http::Response> create_job(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto object, co_await read_json(request));
  ZIMU_REPLY_TRY(const auto wanted, read_job(object, context.default_model));
  const auto task = [&context, wanted] { return context.jobs.create(wanted); };
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
  router.add("POST", "/api/v1/jobs/{id}/retry", bind(context, retry_job), BodyPolicy::kSmall);
  router.add("POST", "/api/v1/jobs/{id}/priority", bind(context, set_priority), BodyPolicy::kSmall);
}

}  // namespace zimu::api
