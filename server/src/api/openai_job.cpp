#include "api/openai_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/file.hpp"

namespace zimu::api {
namespace {

using std::chrono::hours;

constexpr int kKeyHours = 24;
constexpr std::size_t kEventsAtATime = 256;
/// Every change of a job is an event, so there is nothing to look for in between.
constexpr hours kUntilWoken{1};

ApiError no_file() {
  return invalid_field("file", "you must provide a file: the audio, as a file in the form field 'file'",
                       "missing_required_parameter");
}

ApiError key_reused(const std::string& what) {
  return {422, "invalid_request_error",
          fmt::format("this Idempotency-Key was used before with {}; use a new key for a new request", what),
          "Idempotency-Key", "idempotency_key_reused"};
}

ApiResult<std::optional<domain::Media>> find_keyed(Context& context, const std::string& key, Timestamp now) {
  for (int back = 0; back <= kKeyHours; ++back) {
    auto media = context.media.get(keyed_media_id(key, now - hours(back)));
    if (media && media->created_at + hours(kKeyHours) > now) return std::move(*media);
    if (!media && media.error().code != ErrorCode::kNotFound) return std::unexpected(media.error());
  }
  return std::nullopt;
}

/// The job that came with the recording: its oldest.
Result<std::optional<domain::Job>> first_job(Context& context, const std::string& media_id) {
  app::JobQuery query;
  query.page.limit = app::kMaxPageSize;
  query.media_id = media_id;
  query.kind = domain::JobKind::kTranscribe;
  std::optional<domain::Job> oldest;
  do {
    ZIMU_TRY(auto page, context.jobs.list(query));
    if (!page.items.empty()) oldest = std::move(page.items.back());
    query.page.after = page.next;
  } while (query.page.after);
  return oldest;
}

bool serves(const domain::TranscribeOptions& made, const domain::TranscribeOptions& wanted) {
  return made.model == wanted.model && made.language == wanted.language && made.task == wanted.task &&
         made.prompt == wanted.prompt && made.temperature == wanted.temperature && made.beam_size == wanted.beam_size &&
         made.languages == wanted.languages && (made.words || !wanted.words);
}

Result<domain::Job> create_job(Context& context, const std::string& media_id, const SpeechRequest& request) {
  return context.jobs.create({media_id, request.options, kOpenAiPriority});
}

ApiResult<domain::Job> start_new(Context& context, Form& form, const SpeechRequest& request) {
  if (!form.file) return std::unexpected(no_file());
  ZIMU_TRY(const auto media, form.file->adopt(context.media, form.file_name, "openai"));
  auto job = create_job(context, media.id, request);
  // Nobody was told of the recording yet.
  if (!job) static_cast<void>(context.media.remove(media.id));
  return job;
}

ApiResult<domain::Job> start_keyed(Context& context, Form& form, const SpeechRequest& request, const std::string& key) {
  const Timestamp now = now_utc();
  ZIMU_TRY(auto media, find_keyed(context, key, now));
  if (!media) {
    if (!form.file) return std::unexpected(no_file());
    ZIMU_TRY(media, form.file->adopt_as(keyed_media_id(key, now), context.media, form.file_name, "openai"));
  } else if (form.file && form.file->size() != media->size_bytes) {
    return std::unexpected(key_reused("another file"));
  }
  ZIMU_TRY(const auto known, first_job(context, media->id));
  // Stopped between the recording and its job, or the job was deleted.
  if (!known) return create_job(context, media->id, request);
  if (!serves(known->options, request.options)) return std::unexpected(key_reused("other options"));
  const bool again = known->state == domain::JobState::kFailed && known->failure && known->failure->retryable;
  if (again) return context.jobs.retry(known->id);
  return *known;
}

ApiResult<SpeechJob> start(Context& context, OpenAiDesk& desk, Form& form, domain::Task task,
                           const std::optional<std::string>& key) {
  ZIMU_TRY(const auto installed, context.list_models());
  SpeechJob speech;
  ZIMU_TRY(speech.request, read_speech_request(form, task, installed, context.default_model));
  if (form.file && form.file->size() == 0) {
    return std::unexpected(invalid_field("file", "the file is empty; send one with sound", "bad_media"));
  }
  if (!key) {
    ZIMU_TRY(speech.job, start_new(context, form, speech.request));
    return speech;
  }
  const std::scoped_lock lock(desk.keys());
  ZIMU_TRY(speech.job, start_keyed(context, form, speech.request, *key));
  return speech;
}

}  // namespace

std::string keyed_media_id(const std::string& key, Timestamp time) {
  const auto hour = std::chrono::floor<hours>(time.time_since_epoch());
  const auto stamp = static_cast<std::uint64_t>(std::chrono::duration_cast<Milliseconds>(hour).count());
  const std::string text = fmt::format("zimu openai idempotency\n{}\n{}", hour.count(), key);
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  const std::string hex = hash.hex_digest();
  // RFC 9562 §5.7: 48 bits of time, version 7, 12 bits, variant 10, 62 bits.
  const std::string time_hex = fmt::format("{:012x}", stamp & 0xFFFFFFFFFFFFULL);
  constexpr std::string_view kVariant = "89ab";
  const auto nibble = static_cast<std::size_t>(hex[3] <= '9' ? hex[3] - '0' : hex[3] - 'a' + 10);
  return fmt::format("{}-{}-7{}-{}{}-{}", time_hex.substr(0, 8), time_hex.substr(8), hex.substr(0, 3),
                     kVariant[nibble % kVariant.size()], hex.substr(4, 3), hex.substr(7, 12));
}

ApiResult<SpeechJob> accept_speech(Context& context, OpenAiDesk& desk, Form& form, domain::Task task,
                                   const std::optional<std::string>& key) {
  auto started = start(context, desk, form, task, key);
  form.file.reset();
  return started;
}

JobFollower::News JobFollower::read() {
  News news;
  while (true) {
    auto batch = bus_.read_after(after_, kEventsAtATime);
    news.missed = news.missed || batch.missed;
    if (batch.events.empty()) return news;
    after_ = batch.events.back().id;
    for (auto& event : batch.events) {
      if (auto* added = std::get_if<app::SegmentAdded>(&event.payload)) {
        if (added->job_id == job_id_) news.segments.push_back(std::move(added->segment));
      } else if (const auto* job = std::get_if<domain::Job>(&event.payload)) {
        news.ended = news.ended || (job->id == job_id_ && domain::is_final(job->state));
      } else if (const auto* removed = std::get_if<app::JobRemoved>(&event.payload)) {
        news.ended = news.ended || removed->job_id == job_id_;
      } else if (std::holds_alternative<app::MediaRemoved>(event.payload)) {
        news.ended = true;  // its jobs went with it, perhaps this one
      }
    }
  }
}

http::Awaitable<Result<domain::Job>> wait_for_end(Context& context, http::Waiter& waiter, domain::Job job,
                                                  std::uint64_t seen) {
  const Subscription subscription(context.bus, waiter);
  JobFollower follower(context.bus, job.id, seen);
  const auto get = [&context, id = job.id] { return context.jobs.get(id); };
  while (!domain::is_final(job.state)) {
    const auto news = follower.read();
    if (news.ended || news.missed) {
      ZIMU_CO_TRY(job, co_await http::run_blocking(context.pool, get));
    } else if (waiter.stopping()) {
      co_return fail(ErrorCode::kUnavailable,
                     fmt::format("the server is stopping; job {} goes on when it is back", job.id),
                     "ask again with the same Idempotency-Key");
    } else {
      co_await waiter.wait(kUntilWoken);
    }
  }
  co_return job;
}

}  // namespace zimu::api
