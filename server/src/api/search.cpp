#include <boost/json/array.hpp>

#include "api/dto.hpp"
#include "api/fields.hpp"
#include "api/routes.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

json::object to_json(const app::SearchHit& hit) {
  json::array marks;
  for (const app::Mark& mark : hit.snippet.marks) marks.push_back(json::object{{"start", mark.start}, {"end", mark.end}});
  return json::object{{"media_id", hit.media_id},
                      {"media_title", hit.media_title},
                      {"transcript_id", hit.rank.transcript_id},
                      {"segment_index", hit.rank.segment_index},
                      {"start_ms", hit.start.count()},
                      {"end_ms", hit.end.count()},
                      {"language", hit.language},
                      {"snippet", hit.snippet.text},
                      {"marks", std::move(marks)}};
}

json::object to_json(const app::SearchPage& page) {
  json::array items;
  for (const auto& hit : page.items) items.push_back(to_json(hit));
  json::object out = page_json(std::move(items), page.next);
  out["total"] = page.total;
  out["complete"] = page.complete;
  return out;
}

http::Awaitable<http::Response> answer_search(Context& context, http::Request& request,
                                              std::optional<std::string> transcript_id) {
  const auto text = request.query_value("q");
  if (!text) co_return http::Response::problem({ErrorCode::kInvalidArgument, "'q' must be given", "for example q=hello"});
  app::SearchService::Request wanted;
  wanted.text = *text;
  wanted.transcript_id = std::move(transcript_id);
  ZIMU_REPLY_TRY(const auto limit, query_integer(request, "limit", 1, app::kMaxPageSize));
  if (limit) wanted.limit = static_cast<int>(*limit);
  if (const auto cursor = request.query_value("cursor")) wanted.cursor = *cursor;
  const JsonTask task = [&context, wanted]() -> Result<json::value> {
    ZIMU_TRY(const auto page, context.search.search(wanted));
    return to_json(page);
  };
  co_return co_await answer(context, 200, task);
}

http::Awaitable<http::Response> search_all(Context& context, http::Request& request) {
  co_return co_await answer_search(context, request, std::nullopt);
}

http::Awaitable<http::Response> search_transcript(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "transcript"));
  co_return co_await answer_search(context, request, id);
}

}  // namespace

void add_search_routes(http::Router& router, Context& context) {
  router.add("GET", "/api/v1/search", bind(context, search_all));
  router.add("GET", "/api/v1/transcripts/{id}/search", bind(context, search_transcript));
}

}  // namespace zimu::api
