#pragma once
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

#include "http/types.hpp"

namespace zimu::http {

/// How a response is framed on this connection.
struct HeadOptions {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  bool is_http10 = false;
  std::string request_id;
};

/// Status line and fields with the empty line. Date, Server, Connection, Content-Length, Transfer-Encoding,
/// X-Request-Id and X-Content-Type-Options are ours: a handler's are left out. Control characters in a
/// handler's values become blanks, so that no value can end its line (response splitting).
std::string response_head(const Response& response, const HeadOptions& options);

/// 204 and 304 (and 1xx) have no body, whatever the handler gave.
bool status_has_body(int status) noexcept;
/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7), in any locale.
std::string http_date(std::time_t time);

}  // namespace zimu::http
