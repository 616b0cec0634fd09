#include "api/openai.hpp"

#include <fmt/format.h>

#include "api/openai_answer.hpp"
#include "api/openai_job.hpp"
#include "api/openai_stream.hpp"
#include "api/routes.hpp"

namespace zimu::api {
namespace {

using Desk = std::shared_ptr<OpenAiDesk>;

/// Blocking.
ApiResult<http::Response> finished(Context& context, const SpeechRequest& request, const domain::Job& job) {
  if (job.state != domain::JobState::kDone) return std::unexpected(job_error(job));
  ZIMU_TRY(const auto transcript, context.jobs.transcript(job.transcript_id, true));
  std::vector<domain::Window> windows;
  if (request.format == SpeechFormat::kVerboseJson) {
    ZIMU_TRY(windows, context.jobs.windows(job.transcript_id));
  }
  return speech_response(request, transcript, windows);
}

http::Awaitable<ApiResult<http::Response>> answer_speech(Context& context, http::Request& request, Desk desk,
                                                         domain::Task task) {
  auto place = desk->enter();
  if (!place) {
    co_return std::unexpected(ApiError(429, "rate_limit_error",
                                       "the server is busy with other requests; try again later", {},
                                       "rate_limit_exceeded"));
  }
  ZIMU_CO_TRY(const auto key, read_idempotency_key(request));
  ZIMU_CO_TRY(const auto form, co_await receive_form(context, request, "file"));
  if (form->file && context.count_upload_bytes) context.count_upload_bytes(form->file->size());
  const std::uint64_t seen = context.bus.last_id();
  const auto accept = [&context, desk, form, task, key] { return accept_speech(context, *desk, *form, task, key); };
  ZIMU_CO_TRY(auto speech, co_await http::run_blocking(context.pool, accept));
  const std::string job_id = speech.job.id;
  http::Response response;
  if (speech.request.stream) {
    response = speech_stream(context, std::move(speech.job), seen, std::move(place));
  } else {
    ZIMU_CO_TRY(const auto job, co_await wait_for_end(context, *request.waiter, std::move(speech.job), seen));
    const auto finish = [&context, &speech, &job] { return finished(context, speech.request, job); };
    ZIMU_CO_TRY(response, co_await http::run_blocking(context.pool, finish));
  }
  response.headers.add("X-Zimu-Job-Id", job_id);
  co_return response;
}

http::Awaitable<http::Response> post_speech(Context& context, http::Request& request, Desk desk, domain::Task task) {
  auto answer = co_await answer_speech(context, request, std::move(desk), task);
  if (!answer) co_return error_response(answer.error());
  co_return std::move(*answer);
}

http::Awaitable<http::Response> list_models(Context& context, http::Request& /*request*/) {
  const auto list = [&context] { return context.list_models(); };
  const auto models = co_await http::run_blocking(context.pool, list);
  if (!models) co_return error_response(models.error());
  co_return http::Response::json(200, model_list_json(*models, context.default_model));
}

http::Awaitable<http::Response> get_model(Context& context, http::Request& request) {
  const auto list = [&context] { return context.list_models(); };
  const auto models = co_await http::run_blocking(context.pool, list);
  if (!models) co_return error_response(models.error());
  const std::string id(request.path_param("id"));
  const auto model = resolve_model(id, *models, context.default_model);
  if (!model) co_return error_response(model.error());
  co_return http::Response::json(200, model_json(id));
}

http::Handler speech_handler(Context& context, Desk desk, domain::Task task) {
  return guarded(context, [&context, desk = std::move(desk), task](http::Request& request) {
    return post_speech(context, request, desk, task);
  });
}

}  // namespace

std::shared_ptr<void> OpenAiDesk::enter() {
  if (++inside_ > limits_.requests) {
    --inside_;
    return nullptr;
  }
  return {this, [desk = shared_from_this()](void*) { --desk->inside_; }};
}

void add_openai_routes(http::Router& router, Context& context, OpenAiLimits limits) {
  const auto desk = std::make_shared<OpenAiDesk>(limits);
  router.add("POST", "/v1/audio/transcriptions", speech_handler(context, desk, domain::Task::kTranscribe),
             http::BodyPolicy::kStream);
  router.add("POST", "/v1/audio/translations", speech_handler(context, desk, domain::Task::kTranslate),
             http::BodyPolicy::kStream);
  router.add("GET", "/v1/models", bind(context, list_models));
  // Names may hold a slash ("org/model").
  router.add("GET", "/v1/models/{id*}", bind(context, get_model));
}

void add_openai_routes(http::Router& router, Context& context) { add_openai_routes(router, context, OpenAiLimits{}); }

}  // namespace zimu::api
