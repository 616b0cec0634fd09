#pragma once
#include <string_view>

/// Entity tags (RFC 9110 §8.8.3). `etag` is the current tag with its quotes: "\"abc\"" or "W/\"abc\"".
namespace zimu::http {

/// If-None-Match (RFC 9110 §13.1.2): "*" or a list, weak comparison. True means 304 for GET and HEAD.
bool etag_matches(std::string_view if_none_match, std::string_view etag) noexcept;
/// If-Match (RFC 9110 §13.1.1): "*" or a list, strong comparison: weak tags never match.
bool etag_matches_strong(std::string_view if_match, std::string_view etag) noexcept;
/// If-Range (RFC 9110 §13.1.5) holding a tag: strong comparison of one. A date there is never a match, so the
/// whole file is sent.
bool if_range_matches(std::string_view if_range, std::string_view etag) noexcept;

}  // namespace zimu::http
