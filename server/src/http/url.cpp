#include "http/url.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.hpp"
#include "http/text.hpp"

namespace zimu::http {
namespace {

/// Query parameters a request may carry; more is an attack on whoever searches them.
constexpr std::size_t kMaxQueryParameters = 256;

bool has_dot_segment(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (segment == "." || segment == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

Result<std::string> decode_pair_part(std::string_view text) {
  auto decoded = percent_decode(text, true);
  if (!decoded) return fail(ErrorCode::kInvalidArgument, "the query has a malformed percent sequence");
  if (!is_utf8(*decoded) || decoded->find('\0') != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, "the query is not UTF-8 text");
  }
  return std::move(*decoded);
}

/// Drops "http://authority"; RFC 9112 §3.2.2 obliges servers to understand it.
Result<std::string_view> strip_absolute(std::string_view target) {
  const std::size_t scheme_end = target.find("://");
  const std::string_view scheme = target.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos ||
      !(equal_no_case(scheme, "http") || equal_no_case(scheme, "https"))) {
    return fail(ErrorCode::kInvalidArgument, "the request target must be a path, or an http URL");
  }
  const std::string_view rest = target.substr(scheme_end + 3);
  const std::size_t end = rest.find_first_of("/?#");
  const std::string_view authority = rest.substr(0, end);
  if (authority.empty() || authority.find('@') != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, "the request target has no valid host");
  }
  return end == std::string_view::npos ? std::string_view{} : rest.substr(end);
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const char lower = ascii_lower(c);
    if (is_digit(c) || (lower >= 'a' && lower <= 'z') || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    if (pairs.size() == kMaxQueryParameters) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the query has more than {} parameters", kMaxQueryParameters));
    }
    const std::size_t equals = pair.find('=');
    ZIMU_TRY(auto name, decode_pair_part(pair.substr(0, equals)));
    ZIMU_TRY(auto value, decode_pair_part(equals == std::string_view::npos ? std::string_view{}
                                                                           : pair.substr(equals + 1)));
    pairs.emplace_back(std::move(name), std::move(value));
  }
  return pairs;
}

Result<Target> parse_target(std::string_view method, std::string_view target) {
  Target out;
  if (target == "*") {
    if (method != "OPTIONS") return fail(ErrorCode::kInvalidArgument, "the target * is for OPTIONS only");
    out.raw_path = out.path = "*";
    return out;
  }
  if (target.empty() || target.front() != '/') {
    ZIMU_TRY(target, strip_absolute(target));
  }
  if (target.find('#') != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, "a request target has no fragment (#)");
  }
  const std::size_t question = target.find('?');
  const std::string_view raw = target.substr(0, question);
  out.raw_path = raw.empty() ? "/" : std::string(raw);
  auto path = percent_decode(out.raw_path);
  if (!path) return fail(ErrorCode::kInvalidArgument, "the path has a malformed percent sequence");
  if (has_control(*path)) return fail(ErrorCode::kInvalidArgument, "the path has a control character");
  if (!is_utf8(*path)) return fail(ErrorCode::kInvalidArgument, "the path is not UTF-8 text");
  if (has_dot_segment(*path)) return fail(ErrorCode::kInvalidArgument, "the path has a dot segment");
  out.path = std::move(*path);
  if (question != std::string_view::npos) {
    ZIMU_TRY(out.query, parse_query(target.substr(question + 1)));
  }
  return out;
}

}  // namespace zimu::http
