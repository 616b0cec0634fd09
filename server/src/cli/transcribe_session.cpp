#include "cli/transcribe_session.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "base/uuid.hpp"

namespace zimu::cli {
namespace {

constexpr std::chrono::milliseconds kPoll{150};

/// Worker logs are for developers: shown when ZIMU_LOG_LEVEL is debug.
void log_line(std::string_view line) {
  const char* level = std::getenv("ZIMU_LOG_LEVEL");
  if (level != nullptr && (std::string_view(level) == "debug" || std::string_view(level) == "trace")) {
    fmt::print(stderr, "worker: {}\n", line);
  }
}

}  // namespace

struct TranscribeSession::Run {
  protocol::TranscribeRequest request;
  Transcribed result;
  const std::function<void(const SessionProgress&)>& on_progress;
  const std::function<bool()>& interrupted;
  std::int64_t died_at_window = -1;
};

/// Of all windows together, where each was measured.
void TranscribeSession::take_coverage(Run& run, const domain::Window& window) {
  auto& total = run.result.transcript.coverage;
  if (window.index == 0) total.emplace();
  if (!window.coverage) total.reset();
  if (total) domain::append(*total, *window.coverage);
}

TranscribeSession::TranscribeSession(std::vector<std::string> worker_command, std::filesystem::path model)
    : command_(std::move(worker_command)), model_(std::move(model)) {}

Result<> TranscribeSession::ensure_worker() {
  if (worker_) return {};
  supervisor::WorkerProcess::Options options;
  options.command = command_;
  options.on_log = log_line;
  ZIMU_TRY(worker_, supervisor::WorkerProcess::spawn(std::move(options)));
  return {};
}

Result<Transcribed> TranscribeSession::run(const std::filesystem::path& media,
                                           const domain::TranscribeOptions& options,
                                           const std::function<void(const SessionProgress&)>& on_progress,
                                           const std::function<bool()>& interrupted) {
  Run run{{}, {}, on_progress, interrupted};
  domain::Transcript& transcript = run.result.transcript;
  run.request.job = new_uuid();
  run.request.media_path = std::filesystem::absolute(media).string();
  run.request.model_path = std::filesystem::absolute(model_).string();
  run.request.options = options;
  transcript.model = options.model;
  transcript.task = options.task;
  transcript.title = media.stem().string();
  if (options.language != "auto") {
    transcript.language = options.language;
    transcript.language_probability = 1;
  }
  while (true) {
    auto ended = drive(run);
    if (ended) break;
    if (ended.error().code != ErrorCode::kWorkerCrashed) {
      if (ended.error().code == ErrorCode::kCancelled) worker_.reset();
      return std::unexpected(std::move(ended).error());
    }
    worker_.reset();
    if (run.died_at_window == run.request.next_window) {
      ended.error().action = "try a smaller model, or report it with this file";
      return std::unexpected(std::move(ended).error());
    }
    run.died_at_window = run.request.next_window;
  }
  transcript.complete = true;
  return std::move(run.result);
}

Result<> TranscribeSession::drive(Run& run) {
  ZIMU_TRY_VOID(ensure_worker());
  ZIMU_TRY_VOID(worker_->send(run.request));
  while (true) {
    if (run.interrupted()) return fail(ErrorCode::kCancelled, "interrupted");
    ZIMU_TRY(const auto event, worker_->next(kPoll));
    if (!event) continue;
    ZIMU_TRY(const bool done, handle(run, *event));
    if (done) return {};
  }
}

Result<bool> TranscribeSession::handle(Run& run, const protocol::Event& event) {
  domain::Transcript& transcript = run.result.transcript;
  if (const auto* media = std::get_if<protocol::MediaEvent>(&event)) {
    transcript.duration = media->info.duration;
  } else if (const auto* language = std::get_if<protocol::LanguageEvent>(&event)) {
    transcript.language = run.request.resume_language = language->language;
    transcript.language_probability = run.request.resume_language_probability = language->probability;
  } else if (const auto* progress = std::get_if<protocol::ProgressEvent>(&event)) {
    const auto total = progress->total.count();
    const double share = total > 0 ? static_cast<double>(progress->done.count()) / static_cast<double>(total) : -1;
    run.on_progress({progress->stage, share, progress->speed});
  } else if (const auto* window = std::get_if<protocol::WindowEvent>(&event)) {
    const auto& segments = window->window.segments;
    transcript.segments.insert(transcript.segments.end(), segments.begin(), segments.end());
    take_coverage(run, window->window);
    ++run.result.windows;
    if (!window->window.retries.empty()) ++run.result.retried;
    run.request.resume_at = window->window.end;
    run.request.next_window = window->window.index + 1;
    run.request.next_segment += static_cast<std::int64_t>(segments.size());
  } else if (const auto* done = std::get_if<protocol::DoneEvent>(&event)) {
    if (done->duration.count() > 0) transcript.duration = done->duration;
    run.result.done = *done;
    return true;
  } else if (const auto* failed = std::get_if<protocol::FailedEvent>(&event)) {
    return fail(failed->code, failed->message, failed->action);
  }
  return false;
}

}  // namespace zimu::cli
