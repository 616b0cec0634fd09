#include "http/response_head.hpp"

#include <fmt/format.h>

#include <array>

#include "http/status.hpp"
#include "http/text.hpp"

namespace zimu::http {
namespace {

constexpr std::array<std::string_view, 7> kOwnFields{
    "Date", "Server", "Connection", "Content-Length", "Keep-Alive", "Transfer-Encoding", "X-Request-Id"};

bool is_own_field(std::string_view name) {
  for (const std::string_view own : kOwnFields) {
    if (equal_no_case(own, name)) return true;
  }
  return equal_no_case(name, "X-Content-Type-Options");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (!is_token(name)) return;
  out += name;
  out += ": ";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    out += (byte < 0x20 && c != '\t') || byte == 0x7F ? ' ' : c;
  }
  out += "\r\n";
}

}  // namespace

bool status_has_body(int status) noexcept {
  return status >= 200 && status != 204 && status != 304;
}

std::string http_date(std::time_t time) {
  constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[static_cast<std::size_t>(utc.tm_wday)],
                     utc.tm_mday, kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string response_head(const Response& response, const HeadOptions& options) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\nServer: Zimu\r\nDate: {}\r\n", response.status,
                                reason_phrase(response.status), http_date(std::time(nullptr)));
  append_field(out, "X-Request-Id", options.request_id);
  out += "X-Content-Type-Options: nosniff\r\n";
  for (const auto& [name, value] : response.headers.all()) {
    if (!is_own_field(name)) append_field(out, name, value);
  }
  if (options.content_length) out += fmt::format("Content-Length: {}\r\n", *options.content_length);
  if (options.chunked) out += "Transfer-Encoding: chunked\r\n";
  if (!options.keep_alive) {
    out += "Connection: close\r\n";
  } else if (options.is_http10) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  return out;
}

}  // namespace zimu::http
