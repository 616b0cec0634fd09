#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

/// Targets, paths and queries (RFC 3986, RFC 9112 §3.2). Pure functions, any thread.
namespace zimu::http {

/// Undoes %XX (RFC 3986 §2.1), and '+' where asked (forms and queries); nothing on a malformed sequence.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
/// Everything but RFC 3986's unreserved characters becomes %XX.
std::string percent_encode(std::string_view text);

/// "a=1&b=x+y" decoded, in order; a name without '=' has an empty value. kInvalidArgument on a malformed %XX,
/// invalid UTF-8 or NUL.
Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

/// A request target taken apart.
struct Target {
  std::string raw_path;  ///< still encoded: an encoded slash does not split a segment. "*" for OPTIONS *
  std::string path;      ///< decoded; valid UTF-8 without control characters and without dot segments
  std::vector<std::pair<std::string, std::string>> query;
};
/// Origin-form, absolute-form (scheme and authority are dropped) and, for OPTIONS, "*". kInvalidArgument
/// else: dot segments are refused, not resolved, so that no proxy and we can read a path differently.
Result<Target> parse_target(std::string_view method, std::string_view target);

}  // namespace zimu::http
