#include "api/dto.hpp"
#include "api/fields.hpp"
#include "api/revision_json.hpp"
#include "api/routes.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMostRevision = 1LL << 40U;

/// The revision that the client saw: no change is made without one.
Result<std::int64_t> base_of(const json::object& object, bool with_operations) {
  BodyFields fields(object);
  fields.require("base");
  const auto base = fields.integer("base", 0, kMostRevision);
  if (with_operations) static_cast<void>(fields.list("operations"));  // parse_edits reads them
  ZIMU_TRY_VOID(fields.finish());
  return base.value_or(0);
}

Result<std::int64_t> number_of(const http::Request& request) {
  const auto number = parse_u64(request.path_param("number"));
  if (!number || *number > static_cast<std::uint64_t>(kMostRevision)) {
    return fail(ErrorCode::kNotFound, "a revision has a number");
  }
  return static_cast<std::int64_t>(*number);
}

http::Awaitable<http::Response> edit(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "transcript"));
  ZIMU_REPLY_TRY(const auto object, co_await read_json(request));
  ZIMU_REPLY_TRY(const auto base, base_of(object, true));
  ZIMU_REPLY_TRY(const auto edits, parse_edits(object));
  const JsonTask task = [&context, id, base, edits]() -> Result<json::value> {
    ZIMU_TRY(const auto change, context.revisions.edit(id, base, edits));
    return change_json(change);
  };
  co_return co_await answer(context, 201, task);
}

using Step = Result<app::RevisionService::Change> (app::RevisionService::*)(const std::string&, std::int64_t);

http::Awaitable<http::Response> step(Context& context, http::Request& request, Step step) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "transcript"));
  ZIMU_REPLY_TRY(const auto object, co_await read_json(request));
  ZIMU_REPLY_TRY(const auto base, base_of(object, false));
  const JsonTask task = [&context, id, base, step]() -> Result<json::value> {
    ZIMU_TRY(const auto change, (context.revisions.*step)(id, base));
    return change_json(change);
  };
  co_return co_await answer(context, 201, task);
}

http::Awaitable<http::Response> undo(Context& context, http::Request& request) {
  return step(context, request, &app::RevisionService::undo);
}
http::Awaitable<http::Response> redo(Context& context, http::Request& request) {
  return step(context, request, &app::RevisionService::redo);
}

http::Awaitable<http::Response> restore(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "transcript"));
  ZIMU_REPLY_TRY(const auto number, number_of(request));
  ZIMU_REPLY_TRY(const auto object, co_await read_json(request));
  ZIMU_REPLY_TRY(const auto base, base_of(object, false));
  const JsonTask task = [&context, id, base, number]() -> Result<json::value> {
    ZIMU_TRY(const auto change, context.revisions.restore(id, base, number));
    return change_json(change);
  };
  co_return co_await answer(context, 201, task);
}

http::Awaitable<http::Response> list_revisions(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "transcript"));
  ZIMU_REPLY_TRY(const auto limit, query_integer(request, "limit", 1, app::RevisionService::kMaxPage));
  ZIMU_REPLY_TRY(const auto before, query_integer(request, "after", 0, kMostRevision));
  const JsonTask task = [&context, id, limit, before]() -> Result<json::value> {
    ZIMU_TRY(const auto page, context.revisions.list(id, static_cast<int>(limit.value_or(50)), before));
    json::array items;
    for (const auto& revision : page.items) items.push_back(summary_json(revision));
    return page_json(std::move(items), page.next);
  };
  co_return co_await answer(context, 200, task);
}

http::Awaitable<http::Response> get_revision(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "transcript"));
  ZIMU_REPLY_TRY(const auto number, number_of(request));
  const JsonTask task = [&context, id, number]() -> Result<json::value> {
    ZIMU_TRY(const auto revision, context.revisions.get(id, number));
    return revision_json(revision);
  };
  co_return co_await answer(context, 200, task);
}

http::Awaitable<http::Response> list_changes(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "transcript"));
  ZIMU_REPLY_TRY(const auto since, query_integer(request, "since", 0, kMostRevision));
  if (!since) co_return http::Response::problem({ErrorCode::kInvalidArgument, "'since' must be given"});
  const JsonTask task = [&context, id, since]() -> Result<json::value> {
    ZIMU_TRY(const auto changes, context.revisions.changes(id, *since));
    return catch_up_json(changes);
  };
  co_return co_await answer(context, 200, task);
}

}  // namespace

void add_revision_routes(http::Router& router, Context& context) {
  const std::string base = "/api/v1/transcripts/{id}";
  router.add("GET", base + "/revisions", bind(context, list_revisions));
  router.add("POST", base + "/revisions", bind(context, edit), http::BodyPolicy::kSmall);
  router.add("GET", base + "/revisions/{number}", bind(context, get_revision));
  router.add("POST", base + "/revisions/{number}/restore", bind(context, restore), http::BodyPolicy::kSmall);
  router.add("GET", base + "/changes", bind(context, list_changes));
  router.add("POST", base + "/undo", bind(context, undo), http::BodyPolicy::kSmall);
  router.add("POST", base + "/redo", bind(context, redo), http::BodyPolicy::kSmall);
}

}  // namespace zimu::api
