#include <boost/json/array.hpp>

#include <unistd.h>

#include <atomic>

#include <fmt/format.h>

#include "api/dto.hpp"
#include "api/fields.hpp"
#include "api/media_json.hpp"
#include "api/receive_form.hpp"
#include "api/routes.hpp"
#include "app/file_name.hpp"
#include "http/status.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

/// Each takes a thread of the pool for as long as it lasts; the others keep serving.
constexpr int kMaxDownloads = 2;
constexpr std::size_t kMaxUrlBytes = 2048;

/// How many downloads run. Shared by the route and the tasks on the pool.
using DownloadCount = std::atomic<int>;

/// One download's place, given back with the last copy; null when all are taken.
std::shared_ptr<void> take_place(const std::shared_ptr<DownloadCount>& count) {
  if (count->fetch_add(1) >= kMaxDownloads) {
    count->fetch_sub(1);
    return nullptr;
  }
  return {count.get(), [count](DownloadCount* running) { running->fetch_sub(1); }};
}

Result<app::MediaQuery> media_query(const http::Request& request) {
  app::MediaQuery query;
  ZIMU_TRY(const auto limit, query_integer(request, "limit", 1, app::kMaxPageSize));
  if (limit) query.limit = static_cast<int>(*limit);
  if (const auto sort = request.query_value("sort")) {
    ZIMU_TRY(query.order, app::media_order_from_name(*sort));
  }
  if (const auto after = request.query_value("after")) {
    ZIMU_TRY_VOID(app::parse_media_cursor(query.order, *after));
    query.after = std::string(*after);
  }
  if (const auto state = request.query_value("state")) {
    ZIMU_TRY(query.status, app::media_status_from_name(*state));
  }
  if (const auto tag = request.query_value("tag")) query.tag = app::clean_line(*tag);
  if (const auto language = request.query_value("language")) {
    if (!domain::language_name(*language)) {
      return fail(ErrorCode::kInvalidArgument, "'language' is not one that Whisper knows", "use a code such as en, zh or de");
    }
    query.language = std::string(*language);
  }
  ZIMU_TRY(query.text, app::parse_search_query(request.query_value("q").value_or("")));
  return query;
}

http::Awaitable<http::Response> list_media(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto query, media_query(request));
  const JsonTask task = [&context, query]() -> Result<json::value> {
    ZIMU_TRY(const auto page, context.media.list(query));
    json::array items;
    for (const auto& media : page.items) {
      ZIMU_TRY(auto item, media_json(context, media));
      items.push_back(std::move(item));
    }
    return page_json(std::move(items), page.next);
  };
  co_return co_await answer(context, 200, task);
}

http::Awaitable<http::Response> get_media(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "recording"));
  const JsonTask task = [&context, id]() -> Result<json::value> {
    ZIMU_TRY(const auto media, context.media.get(id));
    return media_json(context, media);
  };
  co_return co_await answer(context, 200, task);
}

http::Awaitable<http::Response> edit_media(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "recording"));
  ZIMU_REPLY_TRY(const auto object, co_await read_json(request));
  BodyFields fields(object);
  app::MediaEdit wanted{fields.text("title"), fields.texts("tags")};
  ZIMU_REPLY_TRY_VOID(fields.finish());
  if (!wanted.title && !wanted.tags) {
    co_return http::Response::problem({ErrorCode::kInvalidArgument, "field 'title' or 'tags' must be given"});
  }
  if (wanted.title) {
    ZIMU_REPLY_TRY(wanted.title, check_title(*wanted.title));
  }
  if (wanted.tags) {
    ZIMU_REPLY_TRY(wanted.tags, app::clean_tags(*wanted.tags));
  }
  const JsonTask task = [&context, id, wanted]() -> Result<json::value> {
    ZIMU_TRY(const auto media, context.media.edit(id, wanted));
    return media_json(context, media);
  };
  co_return co_await answer(context, 200, task);
}

http::Awaitable<http::Response> delete_media(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "recording"));
  const auto task = [&context, id] { return context.media.remove(id); };
  ZIMU_REPLY_TRY_VOID(co_await http::run_blocking(context.pool, task));
  co_return http::Response::empty(204);
}

/// 201 with the recording. Blocking.
Result<http::Response> created(Context& context, domain::Media media, const std::string& title) {
  if (!title.empty()) {
    ZIMU_TRY(media, context.media.rename(media.id, title));
  }
  ZIMU_TRY(auto body, media_json(context, media));
  http::Response response = json_response(201, std::move(body));
  response.headers.add("Location", "/api/v1/media/" + media.id);
  return response;
}

Result<std::string> form_title(const Form& form) {
  for (const auto& [name, value] : form.fields) {
    if (name != "title") return fail(ErrorCode::kInvalidArgument, fmt::format("there is no field '{}' here", name));
  }
  const std::string title = form.value("title").value_or("");
  return title.empty() ? Result<std::string>(title) : check_title(title);
}

Result<http::Response> take_form(Context& context, Form& form) {
  ZIMU_TRY(const auto title, form_title(form));
  if (!form.file) return fail(ErrorCode::kInvalidArgument, "field 'file' must be a file");
  ZIMU_TRY(auto media, form.file->adopt(context.media, form.file_name, "upload"));
  return created(context, std::move(media), title);
}

http::Awaitable<http::Response> media_from_form(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto form, co_await receive_form(context, request, "file"));
  if (form->file && context.count_upload_bytes) context.count_upload_bytes(form->file->size());
  const auto task = [&context, form] {
    auto response = take_form(context, *form);
    form->file.reset();  // here, for removing a big file takes its time
    return response;
  };
  ZIMU_REPLY_TRY(auto response, co_await http::run_blocking(context.pool, task));
  co_return response;
}

/// What went wrong at the other end is no failure of ours, and no missing route either.
http::Response url_problem(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kTooLarge:
    case ErrorCode::kNoSpace:
    case ErrorCode::kOutOfMemory:
    case ErrorCode::kInternal:
      return http::Response::problem(error);
    default:
      return http::problem_with_status(422, error);
  }
}

Result<http::Response> download(Context& context, const std::string& url, const std::string& title) {
  const auto staged = context.media.new_staging_path();
  auto name = context.download(url, staged);
  if (!name) {
    ::unlink(staged.c_str());
    return url_problem(name.error());
  }
  auto media = context.media.adopt(staged, std::move(*name), "url");
  if (!media) {
    ::unlink(staged.c_str());
    return std::unexpected(std::move(media).error());
  }
  return created(context, std::move(*media), title);
}

Result<> check_url(const std::string& url) {
  const bool http_scheme = url.starts_with("http://") || url.starts_with("https://");
  if (http_scheme && url.size() <= kMaxUrlBytes) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("field 'url' must be an http or https address of at most {} bytes", kMaxUrlBytes));
}

http::Awaitable<http::Response> media_from_url(Context& context, http::Request& request,
                                               std::shared_ptr<DownloadCount> downloads) {
  ZIMU_REPLY_TRY(const auto object, co_await read_json(request));
  BodyFields fields(object);
  fields.require("url");
  const std::string url = fields.text("url").value_or("");
  const auto wanted_title = fields.text("title");
  ZIMU_REPLY_TRY_VOID(fields.finish());
  ZIMU_REPLY_TRY_VOID(check_url(url));
  std::string title;
  if (wanted_title) {
    ZIMU_REPLY_TRY(title, check_title(*wanted_title));
  }
  if (!context.download) {
    const Error error{ErrorCode::kUnsupported, "this server downloads nothing", "upload the file"};
    co_return http::problem_with_status(422, error);
  }
  const auto place = take_place(downloads);
  if (!place) {
    co_return http::Response::problem({ErrorCode::kUnavailable, fmt::format("{} downloads are running", kMaxDownloads),
                                       "try again when one has ended"});
  }
  const auto task = [&context, url, title, place] { return download(context, url, title); };
  ZIMU_REPLY_TRY(auto response, co_await http::run_blocking(context.pool, task));
  co_return response;
}

http::Awaitable<http::Response> create_media(Context& context, http::Request& request,
                                             std::shared_ptr<DownloadCount> downloads) {
  const std::string type = media_type(request);
  if (type == "multipart/form-data") co_return co_await media_from_form(context, request);
  if (type == "application/json") co_return co_await media_from_url(context, request, downloads);
  co_return http::Response::problem({ErrorCode::kUnsupported, "the body must be multipart/form-data or application/json",
                                     "send the file in the form field 'file', or {\"url\": …}"});
}

}  // namespace

void add_media_routes(http::Router& router, Context& context) {
  const auto downloads = std::make_shared<DownloadCount>(0);
  const auto create = [&context, downloads](http::Request& request) {
    return create_media(context, request, downloads);
  };
  router.add("GET", "/api/v1/media", bind(context, list_media));
  router.add("POST", "/api/v1/media", guarded(context, create), http::BodyPolicy::kStream);
  router.add("GET", "/api/v1/media/{id}", bind(context, get_media));
  router.add("PATCH", "/api/v1/media/{id}", bind(context, edit_media), http::BodyPolicy::kSmall);
  router.add("DELETE", "/api/v1/media/{id}", bind(context, delete_media));
}

}  // namespace zimu::api
