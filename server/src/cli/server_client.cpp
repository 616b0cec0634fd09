#include "cli/server_client.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <fmt/format.h>

#include "outbound/http_client.hpp"

namespace zimu::cli {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::seconds kHealthPatience{4};  // below the 5 s of the images' health check

std::string server_url(const config::Config& config) {
  std::string host = config.listen_address;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.find(':') != std::string::npos) host = fmt::format("[{}]", host);
  return fmt::format("http://{}:{}", host, config.listen_port);
}

/// RFC 9457; a plain status line for anything else.
Error problem_from(const outbound::HttpResponse& answer) {
  const ErrorCode fallback = answer.status == 404 ? ErrorCode::kNotFound : ErrorCode::kConflict;
  boost::system::error_code ec;
  const auto parsed = boost::json::parse(answer.body, ec);
  if (ec || !parsed.is_object()) return {fallback, fmt::format("the server answered {}", answer.status), ""};
  const auto text = [&object = parsed.get_object()](const char* name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  return {text("code").empty() ? fallback : error_code_from_name(text("code")), text("detail"), text("action")};
}

}  // namespace

Result<> post_to_server(const config::Config& config, const std::string& path) {
  outbound::HttpRequest request;
  request.url = server_url(config) + path;
  request.body = "";
  request.connect_timeout = kPatience;
  request.total_timeout = kPatience;
  auto answer = outbound::HttpClient().get(request);
  if (!answer) {
    return fail(answer.error().code,
                fmt::format("a Zimu works on {}, but cannot be asked: {}", config.data_dir.string(), answer.error().message),
                "set ZIMU_LISTEN to the address it listens on");
  }
  if (answer->ok()) return {};
  return std::unexpected(problem_from(*answer));
}

Result<> ask_health(const config::Config& config) {
  outbound::HttpRequest request;
  request.url = server_url(config) + "/livez";
  request.connect_timeout = kHealthPatience;
  request.total_timeout = kHealthPatience;
  ZIMU_TRY(const auto answer, outbound::HttpClient().get(request));
  if (answer.ok()) return {};
  return fail(ErrorCode::kUnavailable, fmt::format("{} answered {}", request.url, answer.status), "read the server's log");
}

}  // namespace zimu::cli
