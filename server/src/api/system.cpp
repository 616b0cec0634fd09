#include <boost/json/array.hpp>

#include <mutex>
#include <optional>

#include "api/openapi.hpp"
#include "api/routes.hpp"
#include "base/utf8.hpp"
#include "domain/export.hpp"
#include "domain/job.hpp"
#include "http/url.hpp"
#include "observe/metrics.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

/// The checks start programs and ask the network: every page that opens must not do that again.
constexpr std::chrono::seconds kChecksFresh{10};

/// Sizes are sums over whole folders.
constexpr std::chrono::seconds kStorageFresh{5};

template <class T>
class Cache {
 public:
  explicit Cache(std::chrono::seconds fresh) : fresh_(fresh) {}
  /// A fresh one, or the last one while somebody else looks. Blocking.
  T get(const std::function<T()>& look) {
    {
      const std::scoped_lock lock(mutex_);
      if (known_ && (looking_ || Clock::now() - looked_at_ < fresh_)) return *known_;
      looking_ = true;
    }
    auto found = look ? look() : T();
    const std::scoped_lock lock(mutex_);
    looking_ = false;
    looked_at_ = Clock::now();
    known_ = found;
    return found;
  }

 private:
  const std::chrono::seconds fresh_;
  std::mutex mutex_;  ///< guards all below; not held while looking
  std::optional<T> known_;
  Clock::time_point looked_at_;
  bool looking_ = false;
};

/// Two owners: the route and the task on the pool.
struct Caches {
  Cache<std::vector<SystemCheck>> checks{kChecksFresh};
  Cache<StorageSizes> storage{kStorageFresh};
};

/// The worst verdict.
std::string_view status_of(const std::vector<SystemCheck>& checks) {
  std::string_view status = "good";
  for (const auto& check : checks) {
    if (check.verdict == "broken") return "broken";
    if (check.verdict == "degraded") status = "degraded";
  }
  return status;
}

json::array findings_json(const std::vector<SystemFinding>& findings) {
  json::array out;
  for (const auto& finding : findings) {
    out.push_back(json::object{{"code", to_utf8(finding.code)},
                               {"verdict", to_utf8(finding.verdict)},
                               {"text", to_utf8(finding.text)},
                               {"fix", to_utf8(finding.fix)}});
  }
  return out;
}

json::array checks_json(const std::vector<SystemCheck>& checks) {
  json::array out;
  for (const auto& check : checks) {
    out.push_back(json::object{{"name", to_utf8(check.name)},
                               {"verdict", to_utf8(check.verdict)},
                               {"detail", to_utf8(check.detail)},
                               {"action", to_utf8(check.action)},
                               {"seen", to_utf8(check.seen)},
                               {"findings", findings_json(check.findings)}});
  }
  return out;
}

json::array workers_json(const Context& context) {
  json::array out;
  if (!context.workers) return out;
  for (const auto& worker : context.workers()) {
    out.push_back(json::object{{"kind", to_utf8(worker.kind)},
                               {"pid", worker.pid},
                               {"job_id", to_utf8(worker.job_id)},
                               {"engine", to_utf8(worker.engine)},
                               {"device", to_utf8(worker.device)},
                               {"model", to_utf8(worker.model)},
                               {"memory_bytes", worker.memory_bytes}});
  }
  return out;
}

json::array formats_json() {
  json::array out;
  for (const auto& format : domain::export_formats()) {
    out.push_back(json::object{{"name", format.name}, {"extension", format.extension}, {"content_type", format.content_type}});
  }
  return out;
}

json::array languages_json() {
  json::array out;
  for (const auto& [code, name] : domain::known_languages()) out.push_back(json::object{{"code", code}, {"name", name}});
  return out;
}

json::object storage_json(const StorageSizes& sizes) {
  return {{"database_bytes", sizes.database},
          {"uploads_bytes", sizes.uploads},
          {"models_bytes", sizes.models},
          {"free_bytes", sizes.free}};
}

http::Awaitable<http::Response> get_system(Context& context, std::shared_ptr<Caches> caches) {
  const JsonTask task = [&context, caches]() -> Result<json::value> {
    const auto checks = caches->checks.get(context.system_checks);
    return json::object{{"version", context.version},
                        {"default_model", context.default_model},
                        {"max_upload_bytes", context.max_upload_bytes},
                        {"status", status_of(checks)},
                        {"checks", checks_json(checks)},
                        {"workers", workers_json(context)},
                        {"storage", storage_json(caches->storage.get(context.storage))},
                        {"formats", formats_json()},
                        {"languages", languages_json()}};
  };
  co_return co_await answer(context, 200, task);
}

http::Awaitable<http::Response> get_openapi(Context&, http::Request&) {
  co_return http::Response::json(200, std::string(openapi_document()));
}

http::Awaitable<http::Response> get_livez(Context&, http::Request&) { co_return http::Response::text(200, "ok\n"); }

http::Awaitable<http::Response> get_readyz(Context& context, http::Request&) {
  const auto task = [&context]() -> Result<> { return context.ping(); };
  if (const auto ready = co_await http::run_blocking(context.pool, task); !ready) {
    co_return http::Response::problem(
        {ErrorCode::kUnavailable, "the database does not answer: " + ready.error().message, ready.error().action});
  }
  co_return http::Response::text(200, "ok\n");
}

http::Awaitable<http::Response> get_metrics(Context& context, http::Request&) {
  const auto task = [&context]() -> Result<std::string> { return context.metrics_text(); };
  ZIMU_REPLY_TRY(auto text, co_await http::run_blocking(context.pool, task));
  co_return http::Response::text(200, std::move(text), std::string(observe::Metrics::kContentType));
}

}  // namespace

void add_system_routes(http::Router& router, Context& context) {
  const auto caches = std::make_shared<Caches>();
  const auto system = [&context, caches](http::Request&) { return get_system(context, caches); };
  router.add("GET", "/livez", bind(context, get_livez));
  router.add("GET", "/readyz", bind(context, get_readyz));
  router.add("GET", "/metrics", bind(context, get_metrics));
  router.add("GET", "/api/v1/system", guarded(context, system));
  router.add("GET", "/api/v1/openapi.json", bind(context, get_openapi));
}

}  // namespace zimu::api
