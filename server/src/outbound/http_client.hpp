#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace zimu::outbound {

inline constexpr std::uint64_t kMaxKeptBody = 16U << 20U;   ///< default for a body held in memory
inline constexpr std::uint64_t kMaxErrorBody = 64U << 10U;  ///< kept of a streamed request's non-2xx answer
inline constexpr long kMaxRedirects = 8;

struct Header {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string url;                       ///< http or https; anything else is kInvalidArgument
  std::vector<Header> headers;           ///< Authorization is not sent on to another host after a redirect
  std::optional<std::string> body = {};  ///< present: POST, and redirects are not followed
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds total_timeout{0};      ///< 0 = none
  std::chrono::milliseconds idle_timeout{60'000};  ///< nothing moved for so long (whole seconds); 0 = none
  std::uint64_t resume_from = 0;           ///< asks for the bytes from here on; see the status for 206 or 200
  std::uint64_t max_bytes = kMaxKeptBody;  ///< of this answer's body; 0 = no limit; over it: kTooLarge
  /// False: every address a hop really connects to must be public (see address_guard.hpp), and no proxy is
  /// used, because a proxy would resolve the name itself.
  bool allow_private_addresses = true;
  std::stop_token stop = {};  ///< kCancelled within about a second
};

using Headers =
    std::map<std::string, std::string, std::less<>>;  ///< names in lower case; the last of a name counts

struct HttpResponse {
  int status = 0;
  Headers headers;
  std::vector<Headers> redirects;  ///< of the answers that were followed, in order
  std::string url;                 ///< where it came from in the end
  std::string body;                ///< for `stream`: only of a non-2xx answer

  bool ok() const noexcept { return status >= 200 && status < 300; }
  /// Empty when there is none.
  std::string_view header(std::string_view lower_case_name) const;
};

/// An error of any of these ends the transfer and is what `stream` returns. Called on the calling thread.
struct StreamHandlers {
  std::function<Result<>(const HttpResponse&)> on_head;         ///< once, for a 2xx answer, before its body
  std::function<Result<>(std::span<const std::byte>)> on_body;  ///< pieces of a 2xx body as they come
  std::function<void(std::uint64_t done, std::uint64_t total)>
      on_progress;  ///< of this answer's body; total 0: unknown
};

/// A blocking HTTP client on libcurl: bounded redirects, http and https only, certificates checked. Proxies
/// come from the usual variables (http_proxy, https_proxy, no_proxy). Thread: any; each call has a connection
/// of its own.
///
/// An answer with any status is a result. Failures: kUnavailable (no such host, refused, unreachable, TLS,
/// broken off), kTimeout, kCancelled, kTooLarge, kPermission (private address), kProtocol, kInvalidArgument.
/// Messages name the host and say which it was; paths, queries, headers and passwords never appear in them.
class HttpClient {
 public:
  Result<HttpResponse> get(const HttpRequest& request) const;
  Result<HttpResponse> stream(const HttpRequest& request, const StreamHandlers& handlers) const;
};

/// "https://host:8443" of a URL, without user, path and query: what may be shown. kInvalidArgument when it is
/// no absolute http or https URL.
Result<std::string> origin_of(const std::string& url);

}  // namespace zimu::outbound
