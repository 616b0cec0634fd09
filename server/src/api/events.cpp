// The live stream. docs/formats/sse-events.md is its specification.
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include "api/dto.hpp"
#include "api/fields.hpp"
#include "api/media_json.hpp"
#include "api/routes.hpp"
#include "http/sse.hpp"

namespace zimu::api {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 64;
constexpr std::chrono::milliseconds kHeartbeat{15'000};
constexpr std::chrono::milliseconds kRetry{1'000};

struct Rendered {
  std::string text;         ///< what to send; empty when nothing is for this client
  std::uint64_t after = 0;  ///< where to read on
  bool more = false;        ///< a full batch: there may be more at once
};

bool is_wanted(const NamedEvent& event, const std::string& job_id) {
  return job_id.empty() || event.job_id == job_id || event.name == "system";
}

/// A recording in an event is what it is everywhere: with its transcripts and its job. Should the database fail now, the
/// event is left without them, for a lost change would be worse.
std::string data_of(Context& context, const app::BusEvent& event, const NamedEvent& named) {
  const auto* media = std::get_if<domain::Media>(&event.payload);
  if (media == nullptr) return named.data;
  auto whole = media_json(context, *media);
  return whole ? boost::json::serialize(*whole) : named.data;
}

/// Blocking.
Rendered render(Context& context, std::uint64_t after, const std::string& job_id) {
  const auto batch = context.bus.read_after(after, kBatch);
  Rendered out;
  out.after = after;
  if (batch.missed) {
    // The id just before the first that follows: a client that comes back at this point misses nothing more.
    out.after = batch.events.empty() ? context.bus.last_id() : batch.events.front().id - 1;
    constexpr std::string_view kResync =
        R"({"code":"resync","message":"Some events are gone. Everything shown should be loaded again."})";
    out.text += http::sse_event(std::to_string(out.after), "system", kResync);
  }
  for (const auto& event : batch.events) {
    out.after = event.id;
    const NamedEvent named = to_event(event.payload);
    if (!is_wanted(named, job_id)) continue;
    out.text += http::sse_event(std::to_string(event.id), named.name, data_of(context, event, named));
  }
  out.more = batch.events.size() == kBatch;
  return out;
}

/// Wakes the stream for as long as it lives.
class Subscription {
 public:
  Subscription(app::EventBus& bus, std::function<void()> wake) : bus_(bus), token_(bus.subscribe(std::move(wake))) {}
  ~Subscription() { bus_.unsubscribe(token_); }
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

 private:
  app::EventBus& bus_;
  std::uint64_t token_;
};

http::Awaitable<> stream_events(Context& context, std::uint64_t after, std::string job_id, http::StreamWriter& writer) {
  const Subscription subscription(context.bus, writer.notifier());
  // The id first: a client that loses the connection before the first event knows where it was.
  auto written = co_await writer.write(http::sse_retry(kRetry) + fmt::format("id: {}\n\n", after));
  auto last_write = Clock::now();
  while (written && !writer.stopping()) {
    const auto task = [&context, after, job_id]() -> Result<Rendered> { return render(context, after, job_id); };
    auto rendered = co_await http::run_blocking(context.pool, task);
    std::string text;
    bool more = false;
    // An error here is a full pool: nothing is lost, the next turn reads the same events.
    if (rendered) {
      after = rendered->after;
      more = rendered->more;
      text = std::move(rendered->text);
    }
    if (text.empty() && Clock::now() - last_write >= kHeartbeat) text = http::sse_comment("heartbeat");
    if (!text.empty()) {
      written = co_await writer.write(std::move(text));
      last_write = Clock::now();
    }
    if (more || !written) continue;
    const auto quiet = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - last_write);
    co_await writer.wait(std::max(kHeartbeat - quiet, std::chrono::milliseconds{1}));
  }
}

http::Awaitable<http::Response> get_events(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto job, query_id(request, "job_id"));
  auto last = request.headers.find("Last-Event-ID");
  if (!last || last->empty()) last = request.query_value("last_event_id");
  std::uint64_t after = context.bus.last_id();
  // An id that cannot be ours is one of another run: 0 makes that a resync.
  if (last && !last->empty()) after = parse_u64(*last).value_or(0);
  http::Response response;
  response.headers.add("Content-Type", "text/event-stream");
  response.headers.add("Cache-Control", "no-cache, no-transform");
  response.headers.add("X-Accel-Buffering", "no");
  response.body = http::StreamBody{[&context, after, job_id = job.value_or("")](http::StreamWriter& writer) {
    return stream_events(context, after, job_id, writer);
  }};
  co_return response;
}

}  // namespace

void add_event_routes(http::Router& router, Context& context) {
  router.add("GET", "/api/v1/events", bind(context, get_events));
}

}  // namespace zimu::api
