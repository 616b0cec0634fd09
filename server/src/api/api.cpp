#include "api/api.hpp"

#include "api/routes.hpp"

namespace zimu::api {

http::Awaitable<http::Response> answer(Context& context, int status, JsonTask task) {
  const auto serialised = [task = std::move(task)]() -> Result<std::string> {
    ZIMU_TRY(const auto value, task());
    return boost::json::serialize(value);
  };
  ZIMU_REPLY_TRY(auto body, co_await http::run_blocking(context.pool, serialised));
  co_return http::Response::json(status, std::move(body));
}

void add_routes(http::Router& router, Context& context) {
  add_media_routes(router, context);
  add_content_routes(router, context);
  add_tag_routes(router, context);
  add_archive_routes(router, context);
  add_upload_routes(router, context);
  add_job_routes(router, context);
  add_transcript_routes(router, context);
  add_track_routes(router, context);
  add_revision_routes(router, context);
  add_search_routes(router, context);
  add_event_routes(router, context);
  add_system_routes(router, context);
  add_model_routes(router, context);
  add_openai_routes(router, context);
  add_web_routes(router, context);
}

}  // namespace zimu::api
