// The models' files: what is installed, what can be fetched, and both actions on them.
#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "api/dto.hpp"
#include "api/routes.hpp"
#include "base/utf8.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

Result<std::uint64_t> count_jobs(Context& context, domain::JobState state, const std::string& model) {
  app::JobQuery query;
  query.state = state;
  query.kind = domain::JobKind::kTranscribe;  // a film needs no model
  query.page.limit = app::kMaxPageSize;
  std::uint64_t count = 0;
  do {
    ZIMU_TRY(const auto page, context.jobs.list(query));
    for (const auto& job : page.items) {
      if (job.options.model == model) ++count;
    }
    query.page.after = page.next;
  } while (query.page.after);
  return count;
}

bool is_loaded(const Context& context, const std::string& model) {
  if (!context.workers) return false;
  const auto workers = context.workers();
  return std::any_of(workers.begin(), workers.end(), [&](const WorkerInfo& w) { return w.model == model; });
}

/// Who would miss the file; kConflict with a sentence.
Result<> check_unused(Context& context, const std::string& name) {
  ZIMU_TRY(const auto running, count_jobs(context, domain::JobState::kRunning, name));
  if (running > 0) {
    return fail(ErrorCode::kConflict, fmt::format("model {} is not removed: a job that runs now uses it", name),
                "wait for that job, or cancel it");
  }
  if (is_loaded(context, name)) {
    return fail(ErrorCode::kConflict, fmt::format("model {} is not removed: a worker holds it in memory", name),
                "wait until that worker has been idle for ZIMU_MODEL_IDLE_SECONDS, or let it run a job with another model");
  }
  for (const auto state : {domain::JobState::kQueued, domain::JobState::kPaused}) {
    ZIMU_TRY(const auto waiting, count_jobs(context, state, name));
    if (waiting > 0) {
      return fail(ErrorCode::kConflict,
                  fmt::format("model {} is not removed: {} {} {} it", name, waiting, domain::job_state_name(state),
                              waiting == 1 ? "job needs" : "jobs need"),
                  "wait for them, or cancel them");
    }
  }
  return {};
}

Result<json::array> installed_json(Context& context, const std::vector<ModelInfo>& models) {
  json::array items;
  for (const auto& model : models) {
    ZIMU_TRY(const auto running, count_jobs(context, domain::JobState::kRunning, model.name));
    items.push_back(json::object{{"name", to_utf8(model.name)},
                                 {"size_bytes", model.size_bytes},
                                 {"multilingual", model.multilingual},
                                 {"default", model.name == context.default_model},
                                 {"in_use", running > 0 || is_loaded(context, model.name)}});
  }
  return items;
}

/// The catalogue, each with where it stands; then what is on its way and not in it (a default of another kind).
json::array pullable_json(const Context& context, const std::vector<ModelInfo>& installed) {
  std::map<std::string, app::ModelPull> pulls;
  if (context.models.pulls) {
    for (auto& pull : context.models.pulls()) pulls[pull.name] = pull;
  }
  json::array out;
  const auto add = [&](const CatalogModel& model) {
    const auto pull = pulls.find(model.name);
    const bool here = std::any_of(installed.begin(), installed.end(), [&](const auto& m) { return m.name == model.name; });
    app::ModelPull status{model.name, here ? "installed" : "available"};
    if (pull != pulls.end()) {
      status = pull->second;
      pulls.erase(pull);
    }
    json::object item = to_json(status);
    item["multilingual"] = model.multilingual;
    item["size_bytes"] = nullptr;
    if (model.download_bytes > 0) item["size_bytes"] = model.download_bytes;
    out.push_back(std::move(item));
  };
  for (const auto& model : context.models.catalog) add(model);
  while (!pulls.empty()) add({pulls.begin()->first, 0, !pulls.begin()->first.ends_with(".en")});
  return out;
}

http::Awaitable<http::Response> get_models(Context& context, http::Request&) {
  const JsonTask task = [&context]() -> Result<json::value> {
    ZIMU_TRY(const auto models, context.list_models());
    ZIMU_TRY(auto items, installed_json(context, models));
    return json::object{{"items", std::move(items)},
                        {"default", context.default_model},
                        {"offline", context.models.offline},
                        {"pullable", pullable_json(context, models)}};
  };
  co_return co_await answer(context, 200, task);
}

http::Awaitable<http::Response> pull_model(Context& context, http::Request& request) {
  const JsonTask task = [&context, name = std::string(request.path_param("name"))]() -> Result<json::value> {
    if (!context.models.pull) return fail(ErrorCode::kUnsupported, "this server fetches no models");
    ZIMU_TRY(const auto status, context.models.pull(name));
    return to_json(status);
  };
  co_return co_await answer(context, 202, task);
}

http::Awaitable<http::Response> cancel_pull(Context& context, http::Request& request) {
  const auto task = [&context, name = std::string(request.path_param("name"))]() -> Result<> {
    if (!context.models.cancel_pull) return fail(ErrorCode::kNotFound, "no model is being fetched");
    return context.models.cancel_pull(name);
  };
  ZIMU_REPLY_TRY_VOID(co_await http::run_blocking(context.pool, task));
  co_return http::Response::empty(204);
}

Result<json::value> remove_now(Context& context, const std::string& name) {
  ZIMU_TRY(const auto models, context.list_models());
  const bool here = std::any_of(models.begin(), models.end(), [&](const auto& m) { return m.name == name; });
  if (!here || !context.models.remove) {
    return fail(ErrorCode::kNotFound, fmt::format("model \"{}\" is not installed", name), "GET /api/v1/models lists those that are");
  }
  ZIMU_TRY_VOID(check_unused(context, name));
  ZIMU_TRY_VOID(context.models.remove(name));
  std::string warning;
  if (name == context.default_model) {
    warning = fmt::format("{} is the default model: {}", name,
                          context.models.offline ? "jobs fail until it is here again"
                                                 : "the next job that names no other fetches it again");
  }
  return json::object{{"name", to_utf8(name)}, {"warning", warning}};
}

http::Awaitable<http::Response> remove_model(Context& context, http::Request& request) {
  const JsonTask task = [&context, name = std::string(request.path_param("name"))] { return remove_now(context, name); };
  co_return co_await answer(context, 200, task);
}

}  // namespace

void add_model_routes(http::Router& router, Context& context) {
  using http::BodyPolicy;
  router.add("GET", "/api/v1/models", bind(context, get_models));
  router.add("DELETE", "/api/v1/models/{name}", bind(context, remove_model));
  // It takes no fields, but clients that always send "{}" are no error.
  router.add("POST", "/api/v1/models/{name}/pull", bind(context, pull_model), BodyPolicy::kSmall);
  router.add("DELETE", "/api/v1/models/{name}/pull", bind(context, cancel_pull));
}

}  // namespace zimu::api
