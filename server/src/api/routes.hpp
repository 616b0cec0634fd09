#pragma once
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <string>
#include <utility>

#include "api/api.hpp"
#include "api/guard.hpp"

/// What the resources share. Private to api/. Every handler is a named coroutine: `co_return reply(...)`.
namespace zimu::api {

void add_media_routes(http::Router& router, Context& context);
void add_content_routes(http::Router& router, Context& context);
void add_tag_routes(http::Router& router, Context& context);
void add_archive_routes(http::Router& router, Context& context);
void add_upload_routes(http::Router& router, Context& context);
void add_job_routes(http::Router& router, Context& context);
void add_transcript_routes(http::Router& router, Context& context);
void add_track_routes(http::Router& router, Context& context);
void add_revision_routes(http::Router& router, Context& context);
void add_search_routes(http::Router& router, Context& context);
void add_event_routes(http::Router& router, Context& context);
void add_system_routes(http::Router& router, Context& context);
void add_model_routes(http::Router& router, Context& context);
void add_openai_routes(http::Router& router, Context& context);
/// The web app, and 404 for what is under /api and /v1 and not a route.
void add_web_routes(http::Router& router, Context& context);

inline http::Response json_response(int status, const boost::json::value& value) {
  return http::Response::json(status, boost::json::serialize(value));
}

using HandlerFn = http::Awaitable<http::Response> (*)(Context& context, http::Request& request);

/// Binds a named coroutine to the context, behind the guard. The lambda is no coroutine itself: it only calls one.
inline http::Handler bind(Context& context, HandlerFn handler) {
  return guarded(context, [&context, handler](http::Request& request) { return handler(context, request); });
}

/// Blocking work whose JSON is the answer. Captures by value: it may outlive the request at a hard stop.
using JsonTask = std::function<Result<boost::json::value>()>;
/// Runs the task on the pool and serialises there too, for a transcript may have megabytes.
http::Awaitable<http::Response> answer(Context& context, int status, JsonTask task);

}  // namespace zimu::api

/// In a handler: the error of a Result becomes the problem answer.
#define ZIMU_REPLY_TRY(decl, expr) ZIMU_REPLY_TRY_IMPL(ZIMU_CONCAT(zimu_reply_, __LINE__), decl, expr)
#define ZIMU_REPLY_TRY_IMPL(tmp, decl, expr)                  \
  auto tmp = (expr);                                          \
  if (!tmp) co_return ::zimu::http::Response::problem(tmp.error()); \
  decl = std::move(*tmp)
#define ZIMU_REPLY_TRY_VOID(expr)                                                                \
  if (auto ZIMU_CONCAT(zimu_reply_, __LINE__) = (expr); !ZIMU_CONCAT(zimu_reply_, __LINE__))     \
  co_return ::zimu::http::Response::problem(ZIMU_CONCAT(zimu_reply_, __LINE__).error())
