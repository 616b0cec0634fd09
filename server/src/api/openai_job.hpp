#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/openai.hpp"
#include "api/openai_request.hpp"

/// From a form to a job, and from a job to its end.
namespace zimu::api {

struct SpeechJob {
  SpeechRequest request;
  domain::Job job;
};

/// Checks the form, takes its file over and queues the job, or finds the one that `key` made before. What is left of the
/// form's file is removed. Blocking.
ApiResult<SpeechJob> accept_speech(Context& context, OpenAiDesk& desk, Form& form, domain::Task task,
                                   const std::optional<std::string>& key);

/// The id of the recording that `key` makes in the hour that `time` is in: a UUIDv7 of that hour, so that it sorts among
/// the others, with bits of the key's SHA-256 where others are random.
std::string keyed_media_id(const std::string& key, Timestamp time);

/// What the events after a point say about one job. Thread: I/O; reads memory only.
class JobFollower {
 public:
  JobFollower(const app::EventBus& bus, std::string job_id, std::uint64_t after)
      : bus_(bus), job_id_(std::move(job_id)), after_(after) {}

  struct News {
    std::vector<domain::Segment> segments;
    bool ended = false;   ///< or deleted: ask for the job
    bool missed = false;  ///< events are lost: ask for everything
  };
  News read();

 private:
  const app::EventBus& bus_;
  const std::string job_id_;
  std::uint64_t after_;
};

/// Wakes `waiter` at every event until destroyed.
class Subscription {
 public:
  Subscription(app::EventBus& bus, http::Waiter& waiter) : bus_(bus), token_(bus.subscribe(waiter.notifier())) {}
  ~Subscription() { bus_.unsubscribe(token_); }
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

 private:
  app::EventBus& bus_;
  const std::uint64_t token_;
};

/// The job once it is final. `seen`: the last event before `job` was read. kUnavailable when the server stops or the
/// client is gone; the job goes on.
http::Awaitable<Result<domain::Job>> wait_for_end(Context& context, http::Waiter& waiter, domain::Job job,
                                                  std::uint64_t seen);

}  // namespace zimu::api
