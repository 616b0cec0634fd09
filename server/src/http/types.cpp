#include "http/types.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"
#include "http/text.hpp"

namespace zimu::http {
namespace {

/// `read_small_body` holds no more than this in memory, whatever the route's own limit is.
constexpr std::size_t kMaxBodyInMemory = 16U << 20U;

}  // namespace

void Headers::set(std::string_view name, std::string value) {
  std::erase_if(fields_, [name](const auto& field) { return equal_no_case(field.first, name); });
  fields_.emplace_back(std::string(name), std::move(value));
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (equal_no_case(key, name)) return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string_view Request::path_param(std::string_view name) const {
  const auto found = std::find_if(path_params.begin(), path_params.end(),
                                  [name](const auto& param) { return param.first == name; });
  ZIMU_CHECK(found != path_params.end());
  return found->second;
}

Response Response::text(int status, std::string body, std::string content_type) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", std::move(content_type));
  response.body = std::move(body);
  return response;
}

Response Response::json(int status, std::string body) {
  return text(status, std::move(body), "application/json");
}

Response Response::empty(int status) {
  Response response;
  response.status = status;
  return response;
}

Awaitable<Result<std::string>> read_small_body(Request& request) {
  std::string body;
  const auto length = request.body->content_length();
  if (length && *length <= kMaxBodyInMemory) body.reserve(static_cast<std::size_t>(*length));
  while (true) {
    ZIMU_CO_TRY(const auto piece, co_await request.body->next());
    if (piece.empty()) co_return body;
    if (body.size() + piece.size() > kMaxBodyInMemory) {
      co_return fail(ErrorCode::kTooLarge,
                     fmt::format("the request body is over {} bytes", kMaxBodyInMemory));
    }
    body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
}

}  // namespace zimu::http
