#include <boost/json/array.hpp>

#include "api/routes.hpp"
#include "base/utf8.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

http::Awaitable<http::Response> list_tags(Context& context, http::Request&) {
  const JsonTask task = [&context]() -> Result<json::value> {
    ZIMU_TRY(const auto tags, context.media.tags());
    json::array items;
    for (const auto& tag : tags) items.push_back(json::object{{"tag", to_utf8(tag.tag)}, {"count", tag.count}});
    return json::object{{"items", std::move(items)}};
  };
  co_return co_await answer(context, 200, task);
}

}  // namespace

void add_tag_routes(http::Router& router, Context& context) {
  router.add("GET", "/api/v1/tags", bind(context, list_tags));
}

}  // namespace zimu::api
