#include "api/fields.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "app/file_name.hpp"
#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "base/uuid.hpp"
#include "http/url.hpp"

namespace zimu::api {

namespace json = boost::json;

Result<json::object> parse_body(const std::string& body) {
  boost::system::error_code ec;
  json::value value = json::parse(body, ec);
  if (ec) return fail(ErrorCode::kInvalidArgument, fmt::format("the body is not JSON: {}", ec.message()));
  if (!value.is_object()) return fail(ErrorCode::kInvalidArgument, "the body must be a JSON object");
  return std::move(value.get_object());
}

http::Awaitable<Result<json::object>> read_json(http::Request& request) {
  std::string body;
  while (true) {
    ZIMU_CO_TRY(const auto piece, co_await request.body->next());
    if (piece.empty()) co_return parse_body(body);
    if (body.size() + piece.size() > kMaxJsonBytes) {
      co_return fail(ErrorCode::kTooLarge, fmt::format("the JSON body is over {} bytes", kMaxJsonBytes));
    }
    body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
}

std::string media_type(const http::Request& request) {
  std::string type(request.headers.find("Content-Type").value_or(""));
  type.resize(std::min(type.find(';'), type.size()));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
  return ascii_lower(type);
}

const json::value* BodyFields::find(std::string_view name) {
  known_.emplace(name);
  const json::value* value = object_.if_contains(json::string_view(name.data(), name.size()));
  return value == nullptr || value->is_null() ? nullptr : value;
}

void BodyFields::wrong(std::string_view name, const std::string& expected) {
  if (problem_.empty()) problem_ = fmt::format("field '{}' must be {}", name, expected);
}

std::optional<std::string> BodyFields::text(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) return wrong(name, "a string"), std::nullopt;
  std::string text(value->get_string());
  if (text.find('\0') != std::string::npos || !is_utf8(text)) return wrong(name, "text without NUL"), std::nullopt;
  return text;
}

std::optional<std::int64_t> BodyFields::integer(std::string_view name, std::int64_t least, std::int64_t most) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  std::optional<std::int64_t> number;
  if (value->is_int64()) number = value->get_int64();
  // JSON has one kind of number: 3.0 is 3.
  if (value->is_double() && std::floor(value->get_double()) == value->get_double() && std::abs(value->get_double()) < 1e15) {
    number = static_cast<std::int64_t>(value->get_double());
  }
  if (!number || *number < least || *number > most) {
    return wrong(name, fmt::format("a whole number from {} to {}", least, most)), std::nullopt;
  }
  return number;
}

std::optional<double> BodyFields::number(std::string_view name, double least, double most) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  const double number = value->is_int64()    ? static_cast<double>(value->get_int64())
                        : value->is_uint64() ? static_cast<double>(value->get_uint64())
                        : value->is_double() ? value->get_double()
                                             : std::nan("");
  if (!(number >= least && number <= most)) return wrong(name, fmt::format("a number from {} to {}", least, most)), std::nullopt;
  return number;
}

std::optional<bool> BodyFields::flag(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) return wrong(name, "true or false"), std::nullopt;
  return value->get_bool();
}

const json::array* BodyFields::list(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) return wrong(name, "a list"), nullptr;
  return &value->get_array();
}

const json::object* BodyFields::object(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) return wrong(name, "an object"), nullptr;
  return &value->get_object();
}

std::optional<std::vector<std::string>> BodyFields::texts(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_array()) return wrong(name, "a list of strings"), std::nullopt;
  std::vector<std::string> texts;
  for (const auto& item : value->get_array()) {
    if (!item.is_string()) return wrong(name, "a list of strings"), std::nullopt;
    texts.emplace_back(item.get_string());
    const std::string& text = texts.back();
    if (text.find('\0') != std::string::npos || !is_utf8(text)) return wrong(name, "texts without NUL"), std::nullopt;
  }
  return texts;
}

void BodyFields::require(std::string_view name) {
  if (find(name) == nullptr) wrong(name, "given");
}

Result<> BodyFields::finish() {
  if (!problem_.empty()) return fail(ErrorCode::kInvalidArgument, problem_);
  for (const auto& member : object_) {
    const std::string_view name(member.key().data(), member.key().size());
    if (!known_.contains(name)) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("there is no field '{}' here", to_utf8(name)));
    }
  }
  return {};
}

Result<std::optional<std::int64_t>> query_integer(const http::Request& request, std::string_view name, std::int64_t least,
                                                  std::int64_t most) {
  const auto text = request.query_value(name);
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (ec != std::errc() || end != text->data() + text->size() || value < least || value > most) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' must be a whole number from {} to {}", name, least, most));
  }
  return value;
}

Result<bool> query_flag(const http::Request& request, std::string_view name, bool fallback) {
  const auto text = request.query_value(name);
  if (!text) return fallback;
  if (*text == "1" || *text == "true") return true;
  if (*text == "0" || *text == "false") return false;
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' must be 1 or 0", name));
}

Result<std::optional<std::string>> query_id(const http::Request& request, std::string_view name) {
  const auto text = request.query_value(name);
  if (!text) return std::nullopt;
  if (!is_uuid(*text)) return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' must be an id", name));
  return std::string(*text);
}

Result<app::PageQuery> page_query(const http::Request& request) {
  app::PageQuery query;
  ZIMU_TRY(const auto limit, query_integer(request, "limit", 1, app::kMaxPageSize));
  if (limit) query.limit = static_cast<int>(*limit);
  ZIMU_TRY(query.after, query_id(request, "after"));
  return query;
}

Result<std::string> check_title(std::string_view title) {
  std::string clean = app::clean_line(title);
  if (clean.empty() || clean.size() > app::kMaxTitleBytes) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("field 'title' must have 1 to {} bytes", app::kMaxTitleBytes));
  }
  return clean;
}

Result<std::string> path_id(const http::Request& request, std::string_view what) {
  const std::string_view id = request.path_param("id");
  if (!is_uuid(id)) return fail(ErrorCode::kNotFound, fmt::format("there is no such {}", what));
  return std::string(id);
}

std::optional<std::uint64_t> parse_u64(std::string_view text) noexcept {
  std::uint64_t value = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace zimu::api
