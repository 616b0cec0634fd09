#include <fmt/format.h>

#include <array>

#include "base/utf8.hpp"
#include "http/json_text.hpp"
#include "http/status.hpp"
#include "http/types.hpp"
#include "http/url.hpp"

namespace zimu::http {
namespace {

struct Reason {
  int status;
  std::string_view text;
};

constexpr std::array kReasons{
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{206, "Partial Content"},
    Reason{301, "Moved Permanently"},
    Reason{302, "Found"},
    Reason{303, "See Other"},
    Reason{304, "Not Modified"},
    Reason{307, "Temporary Redirect"},
    Reason{308, "Permanent Redirect"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{406, "Not Acceptable"},
    Reason{408, "Request Timeout"},
    Reason{409, "Conflict"},
    Reason{410, "Gone"},
    Reason{411, "Length Required"},
    Reason{412, "Precondition Failed"},
    Reason{413, "Content Too Large"},
    Reason{415, "Unsupported Media Type"},
    Reason{416, "Range Not Satisfiable"},
    Reason{417, "Expectation Failed"},
    Reason{422, "Unprocessable Content"},
    Reason{423, "Locked"},
    Reason{428, "Precondition Required"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{460, "Checksum Mismatch"},  // tus 1.0, checksum extension
    Reason{500, "Internal Server Error"},
    Reason{501, "Not Implemented"},
    Reason{502, "Bad Gateway"},
    Reason{503, "Service Unavailable"},
    Reason{504, "Gateway Timeout"},
    Reason{505, "HTTP Version Not Supported"},
    Reason{507, "Insufficient Storage"},
};

/// Seconds after which a client may try again when we are busy; a window of speech is done about that often.
constexpr std::string_view kRetryAfterSeconds = "5";

}  // namespace

int http_status(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return 400;
    case ErrorCode::kUnauthorized:
      return 401;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kTimeout:
      return 408;
    case ErrorCode::kConflict:
    case ErrorCode::kCancelled:
      return 409;
    case ErrorCode::kTooLarge:
      return 413;
    case ErrorCode::kUnsupported:
      return 415;
    case ErrorCode::kBadMedia:
    case ErrorCode::kModelMissing:
    case ErrorCode::kModelInvalid:
      return 422;
    case ErrorCode::kProtocol:
      return 502;
    case ErrorCode::kUnavailable:
    case ErrorCode::kOutOfMemory:
      return 503;
    case ErrorCode::kNoSpace:
      return 507;
    case ErrorCode::kPermission:
    case ErrorCode::kIo:
    case ErrorCode::kWorkerCrashed:
    case ErrorCode::kInternal:
      return 500;
  }
  return 500;
}

std::string_view reason_phrase(int status) noexcept {
  for (const Reason& reason : kReasons) {
    if (reason.status == status) return reason.text;
  }
  return "Unknown";
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : to_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

Response problem_with_status(int status, const Error& error) {
  // A bug's message names our insides: it goes to the log, the client gets the request id to ask about.
  const bool is_internal = error.code == ErrorCode::kInternal;
  const std::string detail =
      is_internal ? "Internal error. The server's log has it under the X-Request-Id of this answer."
                  : error.message;
  std::string body = fmt::format(R"({{"type":"about:blank","title":{},"status":{},"detail":{},"code":{})",
                                 json_string(reason_phrase(status)), status, json_string(detail),
                                 json_string(error_code_name(error.code)));
  if (!error.action.empty()) body += fmt::format(R"(,"action":{})", json_string(error.action));
  body += '}';
  Response response = Response::text(status, std::move(body), "application/problem+json");
  if (status == 503) response.headers.set("Retry-After", std::string(kRetryAfterSeconds));
  if (status >= 500) response.log_note = error.message;
  return response;
}

Response Response::problem(const Error& error) {
  return problem_with_status(http_status(error.code), error);
}

}  // namespace zimu::http
