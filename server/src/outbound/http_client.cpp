#include "outbound/http_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/ascii.hpp"
#include "outbound/address_guard.hpp"
#include "outbound/transfer.hpp"

namespace zimu::outbound {
namespace {

constexpr std::size_t kMaxHeaders = 200;
constexpr std::size_t kMaxHeaderBytes = 8192;

struct EasyDeleter {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
struct UrlDeleter {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using List = std::unique_ptr<curl_slist, ListDeleter>;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

void start_head(Transfer& t, std::string_view status_line) {
  if (t.response.status >= 300 && t.response.status < 400)
    t.response.redirects.push_back(std::move(t.response.headers));
  t.response.headers.clear();
  t.response.status = 0;
  const std::size_t space = status_line.find(' ');
  if (space == std::string_view::npos) return;
  for (const char c : status_line.substr(space + 1, 3)) {
    if (c >= '0' && c <= '9') t.response.status = t.response.status * 10 + (c - '0');
  }
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  Transfer& t = *static_cast<Transfer*>(user);
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) {
    start_head(t, line);
    return size;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || size > kMaxHeaderBytes || t.response.headers.size() >= kMaxHeaders)
    return size;
  t.response.headers.insert_or_assign(ascii_lower(line.substr(0, colon)),
                                      std::string(trimmed(line.substr(colon + 1))));
  return size;
}

void tell_head(Transfer& t) {
  if (t.head_told) return;
  t.head_told = true;
  if (t.handlers == nullptr || !t.handlers->on_head || !t.response.ok()) return;
  if (auto taken = t.handlers->on_head(t.response); !taken) t.error = std::move(taken).error();
}

std::size_t on_write(char* data, std::size_t, std::size_t size, void* user) {
  constexpr std::size_t kStop = 0;
  Transfer& t = *static_cast<Transfer*>(user);
  tell_head(t);
  if (t.error) return kStop;
  t.body_bytes += size;
  const std::uint64_t limit = t.body_limit();
  if (limit > 0 && t.body_bytes > limit) {
    t.enough = t.handlers != nullptr && !t.response.ok();
    if (!t.enough) t.error = too_large_error(t);
    return kStop;
  }
  if (t.keeps_body()) {
    t.response.body.append(data, size);
    return size;
  }
  if (t.handlers->on_body) {
    auto taken = t.handlers->on_body(std::as_bytes(std::span(data, size)));
    if (!taken) t.error = std::move(taken).error();
  }
  return t.error ? kStop : size;
}

int on_progress(void* user, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
  Transfer& t = *static_cast<Transfer*>(user);
  if (t.request.stop.stop_requested()) {
    t.error = Error{ErrorCode::kCancelled, "the request was cancelled"};
    return 1;
  }
  if (t.handlers != nullptr && t.handlers->on_progress && t.response.ok() && t.body_bytes > 0) {
    t.handlers->on_progress(static_cast<std::uint64_t>(std::max<curl_off_t>(done, 0)),
                            static_cast<std::uint64_t>(std::max<curl_off_t>(total, 0)));
  }
  return 0;
}

/// Sees the address that is really used, after the name was resolved: nothing can be rebound in between.
curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  Transfer& t = *static_cast<Transfer*>(user);
  if (!t.request.allow_private_addresses && !is_public_address(&address->addr, address->addrlen)) {
    t.blocked = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

template <class Value>
void set(const Easy& easy, CURLoption option, Value value) {
  curl_easy_setopt(easy.get(), option, value);
}

void set_limits(const Easy& easy, const HttpRequest& request) {
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_FOLLOWLOCATION, request.body ? 0L : 1L);
  set(easy, CURLOPT_MAXREDIRS, kMaxRedirects);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_timeout.count()));
  if (request.idle_timeout.count() > 0) {
    set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(easy, CURLOPT_LOW_SPEED_TIME,
        static_cast<long>(std::max<std::int64_t>(1, request.idle_timeout.count() / 1000)));
  }
  // No early size check for a redirect's or an error's own body: on_write counts what matters.
  set(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  set(easy, CURLOPT_QUICK_EXIT, 1L);  // else the end of a call waits for a hanging DNS look-up
#endif
  if (!request.allow_private_addresses) set(easy, CURLOPT_PROXY, "");
}

/// As curl itself: a company's own certificates come by one of these. libcurl alone reads neither.
void set_trust(const Easy& easy) {
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* file = std::getenv(name);
    if (file == nullptr || *file == '\0') continue;
    set(easy, CURLOPT_CAINFO, file);
    return;
  }
}

Result<List> header_list(const HttpRequest& request) {
  List list;
  const auto add = [&list](const std::string& line) {
    list.reset(curl_slist_append(list.release(), line.c_str()));
  };
  for (const Header& header : request.headers) {
    const std::string line = fmt::format("{}: {}", header.name, header.value);
    if (header.name.empty() || line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the request header {} has forbidden characters", ascii_lower(header.name)));
    }
    add(line);
  }
  if (request.body) add("Expect:");
  return list;
}

/// "http://127.0.0.1:8080" and its like: a proxy elsewhere could not reach it.
bool is_this_machine(std::string_view origin) {
  origin.remove_prefix(origin.find("//") + 2);
  const std::string_view host = origin.substr(0, origin.starts_with('[') ? origin.find(']') + 1 : origin.find(':'));
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

Result<HttpResponse> perform(const HttpRequest& request, const StreamHandlers* handlers) {
  // Thread-safe and once; libcurl itself counts the calls.
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) return fail(ErrorCode::kInternal, "libcurl cannot be initialised");
  ZIMU_TRY(const auto origin, origin_of(request.url));
  ZIMU_TRY(const List headers, header_list(request));
  if (request.stop.stop_requested()) return fail(ErrorCode::kCancelled, "the request was cancelled");
  const Easy easy(curl_easy_init());
  if (!easy) return fail(ErrorCode::kOutOfMemory, "not enough memory for a web request");
  if (is_this_machine(origin)) set(easy, CURLOPT_PROXY, "");
  Transfer transfer{.request = request, .handlers = handlers, .handle = easy.get()};
  set_limits(easy, request);
  set_trust(easy);
  set(easy, CURLOPT_URL, request.url.c_str());
  set(easy, CURLOPT_HTTPHEADER, headers.get());
  set(easy, CURLOPT_USERAGENT, "zimu");
  set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(easy, CURLOPT_HEADERFUNCTION, &on_header);
  set(easy, CURLOPT_HEADERDATA, &transfer);
  set(easy, CURLOPT_WRITEFUNCTION, &on_write);
  set(easy, CURLOPT_WRITEDATA, &transfer);
  set(easy, CURLOPT_NOPROGRESS, 0L);
  set(easy, CURLOPT_XFERINFOFUNCTION, &on_progress);
  set(easy, CURLOPT_XFERINFODATA, &transfer);
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  // As a range and not as libcurl's resume, which fails before the caller sees what the server answered.
  const std::string range = fmt::format("{}-", request.resume_from);
  if (request.resume_from > 0) set(easy, CURLOPT_RANGE, range.c_str());
  if (request.body) {
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
    set(easy, CURLOPT_POSTFIELDS, request.body->data());
  }

  const CURLcode code = curl_easy_perform(easy.get());
  if (code == CURLE_OK) tell_head(transfer);
  if (transfer.error) return std::unexpected(std::move(*transfer.error));
  if (code != CURLE_OK && !transfer.enough) return std::unexpected(transfer_error(transfer, code));
  const char* last_url = nullptr;
  curl_easy_getinfo(easy.get(), CURLINFO_EFFECTIVE_URL, &last_url);
  transfer.response.url = last_url != nullptr ? last_url : request.url;
  return std::move(transfer.response);
}

}  // namespace

std::string_view HttpResponse::header(std::string_view lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::string_view{} : std::string_view(found->second);
}

Result<HttpResponse> HttpClient::get(const HttpRequest& request) const {
  return perform(request, nullptr);
}

Result<HttpResponse> HttpClient::stream(const HttpRequest& request, const StreamHandlers& handlers) const {
  return perform(request, &handlers);
}

Result<std::string> origin_of(const std::string& url) {
  const auto bad = [] {
    return fail(ErrorCode::kInvalidArgument, "that is no http or https address",
                "give an address such as https://example.org/talk.mp3");
  };
  // libcurl would read the URL only to its first zero byte.
  if (url.find('\0') != std::string::npos) return bad();
  const std::unique_ptr<CURLU, UrlDeleter> parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return bad();
  const auto part = [&parsed](CURLUPart which) {
    char* raw = nullptr;
    if (curl_url_get(parsed.get(), which, &raw, 0) != CURLUE_OK) return std::string();
    const std::unique_ptr<char, decltype(&curl_free)> owner(raw, &curl_free);
    return std::string(raw);
  };
  const std::string scheme = part(CURLUPART_SCHEME);
  const std::string host = part(CURLUPART_HOST);
  const std::string port = part(CURLUPART_PORT);
  if ((scheme != "http" && scheme != "https") || host.empty()) return bad();
  return fmt::format("{}://{}{}{}", scheme, host, port.empty() ? "" : ":", port);
}

}  // namespace zimu::outbound
