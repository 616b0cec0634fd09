#include "api/openai_stream.hpp"

#include "api/openai_answer.hpp"
#include "http/sse.hpp"

namespace zimu::api {
namespace {

/// What one stream knows. Owner: the response's body.
struct Streaming {
  Context& context;
  domain::Job job;
  std::uint64_t seen;
  std::shared_ptr<void> place;
  std::string sent = {};       ///< the text so far
  std::int64_t next_segment = 0;
};

std::string data_event(const std::string& data) { return http::sse_event({}, {}, data); }

std::string deltas(Streaming& streaming, const std::vector<domain::Segment>& segments) {
  std::string out;
  for (const domain::Segment& segment : segments) {
    if (segment.index < streaming.next_segment) continue;
    streaming.next_segment = segment.index + 1;
    if (!segment.text.empty()) out += data_event(delta_json(append_text(streaming.sent, segment.text)));
  }
  return out;
}

/// A job and what of its transcript there is, read in this order: what is final is whole.
struct Snapshot {
  domain::Job job;
  domain::Transcript transcript;
};
Result<Snapshot> read_snapshot(Context& context, const std::string& job_id) {
  Snapshot snapshot;
  ZIMU_TRY(snapshot.job, context.jobs.get(job_id));
  ZIMU_TRY(snapshot.transcript, context.jobs.transcript(snapshot.job.transcript_id, true));
  return snapshot;
}

/// Sends what the database has; true at the end of the stream.
http::Awaitable<bool> send_snapshot(Streaming& streaming, http::StreamWriter& writer) {
  const auto read = [&context = streaming.context, id = streaming.job.id] { return read_snapshot(context, id); };
  const auto snapshot = co_await http::run_blocking(streaming.context.pool, read);
  if (!snapshot) {
    static_cast<void>(co_await writer.write(data_event(error_json(snapshot.error()))));
    co_return true;
  }
  std::string out = deltas(streaming, snapshot->transcript.segments);
  const bool is_end = domain::is_final(snapshot->job.state);
  if (snapshot->job.state == domain::JobState::kDone) {
    out += data_event(done_json(snapshot->transcript));
  } else if (is_end) {
    out += data_event(error_json(job_error(snapshot->job)));
  }
  const auto written = co_await writer.write(std::move(out));
  co_return is_end || !written;
}

http::Awaitable<> produce(std::shared_ptr<Streaming> streaming, http::StreamWriter* writer) {
  const Subscription subscription(streaming->context.bus, *writer);
  JobFollower follower(streaming->context.bus, streaming->job.id, streaming->seen);
  bool ended = co_await send_snapshot(*streaming, *writer);
  auto quiet_since = std::chrono::steady_clock::now();
  while (!ended) {
    const auto news = follower.read();
    std::string out = deltas(*streaming, news.segments);
    const auto now = std::chrono::steady_clock::now();
    if (out.empty() && now - quiet_since >= kHeartbeat) out = http::sse_comment("waiting");
    if (!out.empty()) {
      quiet_since = now;
      const auto written = co_await writer->write(std::move(out));
      if (!written) co_return;
    }
    if (news.ended || news.missed) {
      ended = co_await send_snapshot(*streaming, *writer);
    } else if (writer->stopping()) {
      const Error stopping{ErrorCode::kUnavailable, "the server is stopping; the job goes on when it is back",
                           "ask again with the same Idempotency-Key"};
      static_cast<void>(co_await writer->write(data_event(error_json(stopping))));
      ended = true;
    } else {
      co_await writer->wait(kHeartbeat);
    }
  }
}

}  // namespace

http::Response speech_stream(Context& context, domain::Job job, std::uint64_t seen, std::shared_ptr<void> place) {
  const auto streaming =
      std::make_shared<Streaming>(Streaming{context, std::move(job), seen, std::move(place)});
  http::Response response;
  response.headers.add("Content-Type", "text/event-stream");
  response.headers.add("Cache-Control", "no-cache");
  response.headers.add("X-Accel-Buffering", "no");
  response.body = http::StreamBody{[streaming](http::StreamWriter& writer) { return produce(streaming, &writer); }};
  return response;
}

}  // namespace zimu::api
