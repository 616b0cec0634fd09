#pragma once
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/store.hpp"
#include "http/types.hpp"

/// Reading what clients send, once, at the edge. The first wrong field is the error; it names the field.
namespace zimu::api {

inline constexpr std::size_t kMaxJsonBytes = 1U << 20U;

/// A JSON body as an object; kInvalidArgument for anything else.
Result<boost::json::object> parse_body(const std::string& body);
/// Reads the body and parses it; kTooLarge over kMaxJsonBytes, whatever the route's own limit is.
http::Awaitable<Result<boost::json::object>> read_json(http::Request& request);
/// The Content-Type without its parameters, in lower case; empty when there is none.
std::string media_type(const http::Request& request);

/// Reads known fields from an object; `finish` refuses the unknown ones.
class BodyFields {
 public:
  explicit BodyFields(const boost::json::object& object) : object_(object) {}
  std::optional<std::string> text(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<double> number(std::string_view name, double least, double most);
  std::optional<bool> flag(std::string_view name);
  const boost::json::array* list(std::string_view name);     ///< null: not given
  const boost::json::object* object(std::string_view name);  ///< null: not given
  /// A list of texts.
  std::optional<std::vector<std::string>> texts(std::string_view name);
  void require(std::string_view name);
  Result<> finish();

 private:
  const boost::json::value* find(std::string_view name);
  void wrong(std::string_view name, const std::string& expected);
  const boost::json::object& object_;
  std::set<std::string, std::less<>> known_;
  std::string problem_;
};

/// A whole number in the query; nullopt when absent, kInvalidArgument when it is not one within the bounds.
Result<std::optional<std::int64_t>> query_integer(const http::Request& request, std::string_view name, std::int64_t least,
                                                  std::int64_t most);
/// "1"/"true" and "0"/"false"; `fallback` when absent.
Result<bool> query_flag(const http::Request& request, std::string_view name, bool fallback);
/// `limit` and `after` of a list.
Result<app::PageQuery> page_query(const http::Request& request);
/// An id in the query; nullopt when absent, kInvalidArgument when it cannot be one.
Result<std::optional<std::string>> query_id(const http::Request& request, std::string_view name);
/// A title that a client chose; kInvalidArgument naming the field.
Result<std::string> check_title(std::string_view title);
/// An id in the path; kNotFound when it cannot be one.
Result<std::string> path_id(const http::Request& request, std::string_view what);
/// Decimal digits only, no sign, no overflow.
std::optional<std::uint64_t> parse_u64(std::string_view text) noexcept;

}  // namespace zimu::api
