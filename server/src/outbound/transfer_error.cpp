#include <fmt/format.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "outbound/transfer.hpp"

namespace zimu::outbound {
namespace {

double info_seconds(CURL* handle, CURLINFO what) {
  double seconds = 0;
  curl_easy_getinfo(handle, what, &seconds);
  return seconds;
}

Error timeout_error(const Transfer& t, const std::string& host) {
  if (info_seconds(t.handle, CURLINFO_NAMELOOKUP_TIME) <= 0) {
    return {ErrorCode::kTimeout, fmt::format("looking up the host name of {} timed out (DNS)", host),
            "check the machine's DNS settings"};
  }
  if (info_seconds(t.handle, CURLINFO_PRETRANSFER_TIME) <= 0) {
    return {ErrorCode::kTimeout, fmt::format("no connection to {} in time (timeout)", host),
            "check that the address is right and that no firewall is in between"};
  }
  const std::string_view what = t.body_bytes > 0 ? "stopped sending" : "did not answer in time";
  return {ErrorCode::kTimeout, fmt::format("{} {} (timeout)", host, what), "try again later"};
}

Error connect_error(const Transfer& t, const std::string& host) {
  if (t.blocked) {
    return {ErrorCode::kPermission,
            fmt::format("{} is an address inside a private network or of this machine", host),
            "use a public address, or upload the file instead"};
  }
  long number = 0;
  curl_easy_getinfo(t.handle, CURLINFO_OS_ERRNO, &number);
  if (number == ECONNREFUSED) {
    return {ErrorCode::kUnavailable, fmt::format("{} refused the connection: nothing listens there", host),
            "check host and port, and that the service runs"};
  }
  if (number == ETIMEDOUT) return timeout_error(t, host);
  const std::string reason =
      number != 0 ? std::system_category().message(static_cast<int>(number)) : "network unreachable";
  return {ErrorCode::kUnavailable, fmt::format("{} cannot be reached: {}", host, reason),
          "check the network"};
}

}  // namespace

Error transfer_error(const Transfer& t, CURLcode code) {
  const char* last_url = nullptr;
  curl_easy_getinfo(t.handle, CURLINFO_EFFECTIVE_URL, &last_url);
  const std::string host = origin_of(last_url != nullptr ? last_url : t.request.url).value_or("the server");
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ErrorCode::kUnavailable, fmt::format("the host name of {} cannot be found (DNS)", host),
              "check the name and the machine's network and DNS settings"};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {ErrorCode::kUnavailable, "the proxy's host name cannot be found (DNS)",
              "check http_proxy and https_proxy"};
    case CURLE_COULDNT_CONNECT:
      return connect_error(t, host);
    case CURLE_OPERATION_TIMEDOUT:
      return timeout_error(t, host);
    case CURLE_PEER_FAILED_VERIFICATION:
      return {
          ErrorCode::kUnavailable, fmt::format("the certificate of {} is not trusted (TLS)", host),
          "check the address and the clock; behind a company proxy, add its CA certificate to the system, "
          "or name a file with it in SSL_CERT_FILE"};
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorCode::kUnavailable, "the file of trusted certificates cannot be read (TLS)",
              "install ca-certificates, or check SSL_CERT_FILE and CURL_CA_BUNDLE"};
    case CURLE_SSL_CONNECT_ERROR:
      return {ErrorCode::kUnavailable, fmt::format("no secure connection to {} could be made (TLS)", host),
              "check that the port speaks https"};
    case CURLE_TOO_MANY_REDIRECTS:
      return {ErrorCode::kProtocol, fmt::format("{} redirects again and again", host), "check the address"};
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {ErrorCode::kProtocol,
              fmt::format("{} redirects to something that is neither http nor https", host)};
    case CURLE_FILESIZE_EXCEEDED:
      return too_large_error(t);
    case CURLE_WEIRD_SERVER_REPLY:
      return {ErrorCode::kProtocol, fmt::format("{} does not answer as an HTTP server", host),
              "check host and port"};
    case CURLE_OUT_OF_MEMORY:
      return {ErrorCode::kOutOfMemory, "not enough memory for a web request"};
    default: {
      const std::string_view what =
          t.response.status == 0 ? "closed the connection without an answer" : "broke off the transfer";
      return {ErrorCode::kUnavailable, fmt::format("{} {} (HTTP)", host, what), "try again later"};
    }
  }
}

Error too_large_error(const Transfer& t) {
  return Error{ErrorCode::kTooLarge, fmt::format("the answer is larger than {} bytes", t.request.max_bytes)};
}

}  // namespace zimu::outbound
