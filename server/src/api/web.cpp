// The built web app, as it lies in web_root.
#include <sys/stat.h>

#include <filesystem>

#include <fmt/format.h>

#include "api/routes.hpp"
#include "http/etag.hpp"
#include "http/mime.hpp"

namespace zimu::api {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPagePolicy =
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'";
/// Vite puts a hash into the names of what is under assets/.
constexpr std::string_view kForever = "public, max-age=31536000, immutable";
constexpr std::string_view kRevalidate = "no-cache";

constexpr std::string_view kNotBuilt =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Zimu</title></head><body><h1>Zimu</h1>"
    "<p>The server runs; its web app is not built. Build it with <code>tools/build_web.sh</code>, or let "
    "<code>ZIMU_WEB_ROOT</code> name the folder that has its <code>index.html</code>.</p>"
    "<p>The API under <a href=\"/api/v1/openapi.json\">/api/v1</a> works without it.</p></body></html>\n";

struct StaticFile {
  fs::path path;
  std::uint64_t size = 0;
  std::string etag;
  bool forever = false;
};

/// Only plain names: no dot files, nothing that leads upwards, no separator of any system.
bool is_plain(std::string_view relative) {
  if (relative.find('\\') != std::string_view::npos || relative.find('\0') != std::string_view::npos) return false;
  while (true) {
    const auto slash = relative.find('/');
    const auto segment = relative.substr(0, slash);
    if (segment.empty() || segment.starts_with('.')) return false;
    if (slash == std::string_view::npos) return true;
    relative.remove_prefix(slash + 1);
  }
}

/// A regular file that, with every link followed, lies under the root.
std::optional<StaticFile> look_up(const fs::path& root, const std::string& relative) {
  if (!is_plain(relative)) return std::nullopt;
  std::error_code ec;
  const fs::path real_root = fs::canonical(root, ec);
  if (ec) return std::nullopt;
  StaticFile file;
  file.path = fs::canonical(real_root / relative, ec);
  if (ec || !file.path.native().starts_with(real_root.native() + "/")) return std::nullopt;
  struct stat info {};
  if (::stat(file.path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  file.size = static_cast<std::uint64_t>(info.st_size);
  file.etag = fmt::format("\"{:x}-{:x}-{:x}\"", info.st_mtim.tv_sec, info.st_mtim.tv_nsec, file.size);
  file.forever = relative.starts_with("assets/");
  return file;
}

/// What the browser's address bar may hold: pages of the app, not files of it.
bool is_page(std::string_view relative) {
  const auto name = relative.substr(relative.rfind('/') + 1);
  return !relative.starts_with("assets/") && name.find('.') == std::string_view::npos;
}

void add_page_headers(http::Response& response) {
  auto& headers = response.headers;
  headers.set("Content-Security-Policy", std::string(kPagePolicy));
  headers.set("Referrer-Policy", "same-origin");
  headers.set("X-Frame-Options", "DENY");
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Permissions-Policy", "camera=(), geolocation=(), payment=(), usb=()");
}

http::Response file_response(const http::Request& request, const StaticFile& file) {
  http::Response response;
  response.headers.add("ETag", file.etag);
  response.headers.add("Cache-Control", std::string(file.forever ? kForever : kRevalidate));
  add_page_headers(response);
  if (const auto none = request.headers.find("If-None-Match"); none && http::etag_matches(*none, file.etag)) {
    response.status = 304;
    return response;
  }
  response.headers.add("Content-Type", std::string(http::content_type_for(file.path.native())));
  response.body = http::FileBody{file.path, 0, file.size};
  return response;
}

http::Response missing(const http::Request& request) {
  return http::Response::problem({ErrorCode::kNotFound, fmt::format("there is nothing at {}", request.path)});
}

http::Awaitable<http::Response> get_page(Context& context, http::Request& request) {
  const std::string relative(request.path_param("path"));
  const bool page = is_page(relative);
  const auto task = [root = context.web_root, relative, page]() -> Result<std::optional<StaticFile>> {
    if (root.empty()) return std::nullopt;
    auto found = look_up(root, relative);
    return found || !page ? found : look_up(root, "index.html");
  };
  ZIMU_REPLY_TRY(const auto file, co_await http::run_blocking(context.pool, task));
  if (file) co_return file_response(request, *file);
  if (!page) co_return missing(request);
  auto response = http::Response::text(200, std::string(kNotBuilt), "text/html; charset=utf-8");
  add_page_headers(response);
  co_return response;
}

http::Awaitable<http::Response> no_such_route(Context&, http::Request& request) { co_return missing(request); }

}  // namespace

void add_web_routes(http::Router& router, Context& context) {
  router.add("GET", "/{path*}", bind(context, get_page));
  // A program that mistypes a route gets a problem, not a page.
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    for (const char* pattern : {"/api/{rest*}", "/v1/{rest*}"}) {
      router.add(method, pattern, bind(context, no_such_route), http::BodyPolicy::kSmall);
    }
  }
}

}  // namespace zimu::api
