#include "api/openai_error.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>

#include "api/plain_json.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

constexpr const char* kInvalidRequest = "invalid_request_error";
constexpr const char* kServerError = "server_error";
/// Seconds after which a busy server may be asked again; a window of speech is done about that often.
constexpr const char* kRetryAfterSeconds = "5";

/// Where OpenAI's clients expect another status than Zimu's own API has (http_status).
int status_of(ErrorCode code) {
  if (code == ErrorCode::kBadMedia) return 400;
  if (code == ErrorCode::kModelMissing) return 404;
  if (code == ErrorCode::kModelInvalid) return 500;
  return http::http_status(code);
}

json::value text_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  return json::string(text);
}

}  // namespace

ApiError::ApiError(int status_, std::string type_, std::string message_, std::string param_, std::string code_)
    : status(status_),
      type(std::move(type_)),
      message(std::move(message_)),
      param(std::move(param_)),
      code(std::move(code_)) {}

ApiError::ApiError(const Error& error)
    : status(status_of(error.code)),
      type(status >= 500 ? kServerError : kInvalidRequest),
      message(error.action.empty() ? error.message : fmt::format("{}; {}", error.message, error.action)),
      code(error_code_name(error.code)) {
  if (error.code == ErrorCode::kBadMedia) param = "file";
  if (error.code == ErrorCode::kModelMissing) {
    param = "model";
    code = "model_not_found";
  }
  if (status >= 500) log_note = message;
  if (error.code == ErrorCode::kInternal) {
    message = "Internal error. The server's log has it under the X-Request-Id of this answer.";
  }
}

ApiError invalid_field(std::string param, std::string message, std::string code) {
  return {400, kInvalidRequest, std::move(message), std::move(param), std::move(code)};
}

ApiError job_error(const domain::Job& job) {
  if (job.state == domain::JobState::kCancelled) {
    ApiError error(409, kInvalidRequest, fmt::format("the job {} was cancelled", job.id), {}, "cancelled");
    error.retry = false;
    return error;
  }
  const domain::JobFailure failure =
      job.failure.value_or(domain::JobFailure{.message = fmt::format("job {} failed without a reason", job.id)});
  ApiError error(Error{failure.code, failure.message, failure.action});
  error.retry = failure.retryable;
  return error;
}

std::string error_json(const ApiError& error) {
  const json::object inner{{"message", error.message},
                           {"type", error.type},
                           {"param", text_or_null(error.param)},
                           {"code", text_or_null(error.code)}};
  return plain_json(json::object{{"error", inner}});
}

http::Response error_response(const ApiError& error) {
  http::Response response = http::Response::json(error.status, error_json(error));
  if (error.status == 429 || error.status == 503) response.headers.set("Retry-After", kRetryAfterSeconds);
  if (error.retry) response.headers.set("X-Should-Retry", *error.retry ? "true" : "false");
  response.log_note = error.log_note;
  return response;
}

}  // namespace zimu::api
