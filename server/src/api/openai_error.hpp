#pragma once
#include <expected>
#include <optional>
#include <string>

#include "domain/job.hpp"
#include "http/types.hpp"

/// OpenAI's error envelope: {"error": {"message", "type", "param", "code"}}.
namespace zimu::api {

struct ApiError {
  int status = 500;
  std::string type = "server_error";  ///< "invalid_request_error" | "rate_limit_error" | "server_error"
  std::string message;
  std::string param = {};             ///< the form field; empty: null
  std::string code = {};              ///< empty: null
  /// Sent as X-Should-Retry, which OpenAI's clients obey: an answer that would be the same again, or work that somebody
  /// has stopped, must not be asked for a second time. Unset: the client decides by the status.
  std::optional<bool> retry = std::nullopt;
  std::string log_note = {};          ///< for the server's log only

  ApiError() = default;
  ApiError(int status, std::string type, std::string message, std::string param = {}, std::string code = {});
  ApiError(const Error& error);  // NOLINT(google-explicit-constructor): lets ZIMU_TRY turn one into the other
};

template <class T = void>
using ApiResult = std::expected<T, ApiError>;

/// 400 invalid_request_error about one form field.
ApiError invalid_field(std::string param, std::string message, std::string code = "invalid_value");
/// What became of a job that did not end well.
ApiError job_error(const domain::Job& job);

std::string error_json(const ApiError& error);
http::Response error_response(const ApiError& error);

}  // namespace zimu::api
