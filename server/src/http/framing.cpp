#include "http/framing.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "http/text.hpp"

namespace zimu::http {
namespace {

/// Lengths past this cannot be file offsets.
constexpr std::uint64_t kMaxContentLength = std::numeric_limits<std::int64_t>::max();

/// What the fields say about framing.
struct Seen {
  std::size_t fields = 0;
  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::size_t encodings = 0;
};

std::unexpected<Error> malformed(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message), "send the request as RFC 9112 says");
}

/// Takes a line off the block; nothing when it does not end with CR LF, or has a bare CR or LF inside.
std::optional<std::string_view> take_line(std::string_view& block) {
  const std::size_t end = block.find_first_of("\r\n");
  if (end == std::string_view::npos || block.substr(end, 2) != "\r\n") return std::nullopt;
  const std::string_view line = block.substr(0, end);
  block.remove_prefix(end + 2);
  return line;
}

bool is_visible_ascii(char c) {
  return c > 0x20 && c < 0x7F;
}

/// RFC 9110 §5.5: visible characters, blanks and obs-text; no other control character.
bool is_value_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

/// RFC 9110 §7.2 uri-host [":" port], loosely: no character that could end an authority or smuggle a second
/// one.
bool is_host(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return is_visible_ascii(c) && std::string_view("/?#@,\\\"<>{}|^`").find(c) == std::string_view::npos;
  });
}

/// Answers whether the version is 1.0.
Result<bool> check_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return malformed("the request line is not 'METHOD TARGET HTTP/1.1'");
  }
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(line.substr(0, first))) return malformed("the request method is not a token");
  if (target.empty() || !std::all_of(target.begin(), target.end(), is_visible_ascii)) {
    return malformed("the request target is empty or has a blank, a control or a non-ASCII character");
  }
  const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
                           version[6] == '.' && is_digit(version[7]);
  if (!well_formed) return malformed("the request line does not end with an HTTP version");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return fail(ErrorCode::kUnsupported, "this server speaks HTTP/1.1 and HTTP/1.0 only");
  }
  return version == "HTTP/1.0";
}

Result<> check_framing_field(std::string_view name, std::string_view value, bool is_http10, Seen& seen) {
  if (equal_no_case(name, "Host")) {
    if (++seen.hosts > 1) return malformed("there is more than one Host");
    if (!is_host(value)) return malformed("the Host is not a host with an optional port");
  } else if (equal_no_case(name, "Content-Length")) {
    if (++seen.lengths > 1) return malformed("there is more than one Content-Length");
    const auto length = parse_decimal(value);
    if (!length || *length > kMaxContentLength)
      return malformed("the Content-Length is not a decimal number");
  } else if (equal_no_case(name, "Transfer-Encoding")) {
    if (++seen.encodings > 1) return malformed("there is more than one Transfer-Encoding");
    if (is_http10) return malformed("HTTP/1.0 has no Transfer-Encoding");
    if (!equal_no_case(value, "chunked")) return malformed("the only Transfer-Encoding served is chunked");
  }
  return {};
}

Result<> check_field(std::string_view line, bool is_http10, Seen& seen) {
  if (++seen.fields > kMaxHeaderFields) return fail(ErrorCode::kTooLarge, "there are too many header fields");
  // RFC 9112 §5.2: a server may refuse obs-fold, and every safe one does.
  if (is_blank(line.front())) return malformed("a header field is folded over lines");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return malformed("a header line has no colon");
  // RFC 9112 §5.1: whitespace before the colon must be refused; is_token does.
  const std::string_view name = line.substr(0, colon);
  if (!is_token(name)) return malformed("a header name is not a token");
  const std::string_view value = trim_blanks(line.substr(colon + 1));
  if (!std::all_of(value.begin(), value.end(), is_value_char)) {
    return malformed("a header value has a control character");
  }
  return check_framing_field(name, value, is_http10, seen);
}

}  // namespace

std::size_t header_block_length(std::string_view bytes, std::size_t scanned) noexcept {
  // The empty line may have begun up to three bytes before what is new.
  std::size_t at = scanned > 3 ? scanned - 3 : 0;
  while (true) {
    at = bytes.find('\n', at);
    if (at == std::string_view::npos) return 0;
    const std::string_view rest = bytes.substr(at + 1, 2);
    if (rest.starts_with('\n')) return at + 2;
    if (rest == "\r\n") return at + 3;
    ++at;
  }
}

Result<> check_framing(std::string_view raw_header_block) {
  std::string_view rest = raw_header_block;
  const auto request_line = take_line(rest);
  if (!request_line) return malformed("the request line does not end with CR LF");
  ZIMU_TRY(const bool is_http10, check_request_line(*request_line));
  Seen seen;
  while (true) {
    const auto line = take_line(rest);
    if (!line) return malformed("a header line does not end with CR LF");
    if (line->empty()) break;
    ZIMU_TRY_VOID(check_field(*line, is_http10, seen));
  }
  if (!rest.empty()) return malformed("the header block goes on after its empty line");
  if (seen.hosts == 0 && !is_http10) return malformed("HTTP/1.1 requires a Host");
  if (seen.lengths != 0 && seen.encodings != 0) {
    return malformed("Content-Length and Transfer-Encoding exclude each other");
  }
  return {};
}

}  // namespace zimu::http
