#include "api/guard.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "http/status.hpp"
#include "http/url.hpp"

namespace zimu::api {
namespace {

/// "[::1]:8080" → "[::1]"; "a:80" → "a".
std::string_view without_port(std::string_view authority) {
  const auto bracket = authority.rfind(']');
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return authority;
  return authority.substr(0, colon);
}

bool is_ipv4(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

/// A name that no public DNS answers for (RFC 6761, RFC 6762, RFC 8375, and "internal", reserved by ICANN in 2024).
bool is_local_name(std::string_view host) {
  constexpr std::array<std::string_view, 5> kLocalSuffixes{".localhost", ".local", ".internal", ".lan", ".home.arpa"};
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.find('.') == std::string_view::npos) return true;
  return std::any_of(kLocalSuffixes.begin(), kLocalSuffixes.end(), [host](auto suffix) { return host.ends_with(suffix); });
}

bool is_local_host(std::string_view authority) {
  const std::string host = ascii_lower(without_port(authority));
  return host.starts_with('[') || is_ipv4(host) || is_local_name(host);
}

/// Some proxies hand on the name without its port.
bool names_us(std::string_view origin_authority, std::optional<std::string_view> host) {
  if (!host || host->empty()) return false;
  const std::string theirs = ascii_lower(origin_authority);
  const std::string ours = ascii_lower(*host);
  if (ours == theirs) return true;
  return without_port(ours) == ours && without_port(theirs) == ours;
}

bool is_same_origin(const http::Request& request, std::string_view origin) {
  const auto scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos) return false;  // "null": a sandboxed page or a file
  const std::string_view authority = origin.substr(scheme_end + 3);
  // A foreign page cannot add X-Forwarded-Host: that needs a CORS preflight, and we answer none.
  return names_us(authority, request.headers.find("Host")) || names_us(authority, request.headers.find("X-Forwarded-Host"));
}

bool is_safe(std::string_view method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

void set_default(http::Response& response, std::string_view name, std::string_view value) {
  if (!response.headers.find(name)) response.headers.add(std::string(name), std::string(value));
}

http::Awaitable<http::Response> serve_guarded(Context& context, http::Request& request, http::Handler handler) {
  http::Response response;
  if (const auto refused = check_browser(request, context.local_only)) {
    response = http::problem_with_status(403, *refused);
  } else {
    response = co_await handler(request);
  }
  set_default(response, "Cache-Control", "no-store");
  set_default(response, "Cross-Origin-Resource-Policy", "same-origin");
  set_default(response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox");
  co_return response;
}

}  // namespace

std::optional<Error> check_browser(const http::Request& request, bool local_only) {
  const auto host = request.headers.find("Host");
  if (local_only && host && !is_local_host(*host)) {
    return Error{ErrorCode::kUnauthorized, fmt::format("Zimu listens for this machine only and does not answer as '{}'",
                                                       to_utf8(*host)),
                 "open it as localhost, or let the proxy in front send 'Host: localhost'"};
  }
  if (is_safe(request.method)) return std::nullopt;
  const auto site = request.headers.find("Sec-Fetch-Site");
  const auto origin = request.headers.find("Origin");
  bool foreign = false;
  if (site) {
    foreign = *site != "same-origin" && *site != "none";
  } else if (origin) {
    foreign = !is_same_origin(request, *origin);
  }
  if (!foreign) return std::nullopt;
  return Error{ErrorCode::kUnauthorized,
               fmt::format("another web site ({}) asked for this", to_utf8(origin.value_or("unknown"))),
               "use Zimu's own page, or a program that is no browser"};
}

http::Handler guarded(Context& context, http::Handler handler) {
  return [&context, handler = std::move(handler)](http::Request& request) {
    return serve_guarded(context, request, handler);
  };
}

}  // namespace zimu::api
