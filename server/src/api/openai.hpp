#pragma once
#include <atomic>
#include <memory>
#include <mutex>

#include "api/api.hpp"

/// OpenAI's audio API (POST /v1/audio/transcriptions and /translations, GET /v1/models) on top of the durable queue:
/// the file becomes a recording (source "openai"), a job of high priority is queued, and the request waits for its end.
///
/// - A client that goes away cancels nothing: the recording, the job and its transcript stay in the library. Every
///   answer names the job in X-Zimu-Job-Id.
/// - While a request waits, no time limit of this server runs. A proxy in front needs a read timeout longer than the
///   longest job, or the client asks with stream=true, where a comment every kHeartbeat keeps the connection alive.
/// - Idempotency-Key: within 24 hours the same key finds the same recording and job, also after a restart: the
///   recording's id is derived from the key and the hour, so there is no table to grow. The file may be left out then
///   ("fetch the answer later"). The same key with another file or other options is 422.
/// - A job that failed for good, or was cancelled, is answered with X-Should-Retry: false; OpenAI's clients obey it.
namespace zimu::api {

constexpr int kOpenAiPriority = 50;
constexpr std::chrono::seconds kHeartbeat{15};

struct OpenAiLimits {
  /// Requests that upload or wait at a time; past it 429. Well under the server's limit of connections an address.
  std::size_t requests = 128;
};

/// What the requests share. Owners: the routes, and each request while it lasts.
class OpenAiDesk : public std::enable_shared_from_this<OpenAiDesk> {
 public:
  explicit OpenAiDesk(OpenAiLimits limits) : limits_(limits) {}
  /// A place among the requests, given back with its last copy; null when all are taken. Thread: any.
  std::shared_ptr<void> enter();
  /// Held while a keyed request looks for its recording and makes it: two at once must not make two jobs.
  std::mutex& keys() { return keys_; }

 private:
  const OpenAiLimits limits_;
  std::atomic<std::size_t> inside_ = 0;
  std::mutex keys_;
};

void add_openai_routes(http::Router& router, Context& context, OpenAiLimits limits);

}  // namespace zimu::api
