#include "domain/job.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace zimu::domain {
namespace {

constexpr std::array<std::pair<JobState, std::string_view>, 6> kStates{{
    {JobState::kQueued, "queued"},
    {JobState::kRunning, "running"},
    {JobState::kPaused, "paused"},
    {JobState::kDone, "done"},
    {JobState::kFailed, "failed"},
    {JobState::kCancelled, "cancelled"},
}};

constexpr int kMaxThreads = 1024;
constexpr std::size_t kMaxModelBytes = 255;
constexpr int kMaxAudioStream = 255;

Error invalid(std::string message, std::string action = {}) {
  return {ErrorCode::kInvalidArgument, std::move(message), std::move(action)};
}

}  // namespace

std::string_view job_state_name(JobState state) noexcept {
  for (const auto& [value, name] : kStates) {
    if (value == state) return name;
  }
  return "failed";
}

Result<JobState> job_state_from_name(std::string_view name) {
  for (const auto& [value, text] : kStates) {
    if (text == name) return value;
  }
  return std::unexpected(invalid(fmt::format("'{}' is not a job state", name),
                                 "use queued, running, paused, done, failed or cancelled"));
}

std::string_view task_name(Task task) noexcept { return task == Task::kTranslate ? "translate" : "transcribe"; }

Result<Task> task_from_name(std::string_view name) {
  if (name == "transcribe") return Task::kTranscribe;
  if (name == "translate") return Task::kTranslate;
  return std::unexpected(invalid(fmt::format("'{}' is not a task", name), "use transcribe or translate"));
}

std::string_view job_kind_name(JobKind kind) noexcept { return kind == JobKind::kRender ? "render" : "transcribe"; }

Result<JobKind> job_kind_from_name(std::string_view name) {
  if (name == "transcribe") return JobKind::kTranscribe;
  if (name == "render") return JobKind::kRender;
  return std::unexpected(invalid(fmt::format("'{}' is not a kind of job", name), "use transcribe or render"));
}

std::string_view origin_name(Origin origin) noexcept {
  switch (origin) {
    case Origin::kImport:
      return "import";
    case Origin::kAlign:
      return "align";
    case Origin::kDraft:
      return "draft";
    case Origin::kJob:
      break;
  }
  return "job";
}

Result<Origin> origin_from_name(std::string_view name) {
  for (const auto origin : {Origin::kJob, Origin::kImport, Origin::kAlign, Origin::kDraft}) {
    if (name == origin_name(origin)) return origin;
  }
  return std::unexpected(invalid(fmt::format("'{}' is not an origin", name), "use job, import, align or draft"));
}

bool is_final(JobState state) noexcept {
  return state == JobState::kDone || state == JobState::kFailed || state == JobState::kCancelled;
}

bool paused_by_person(const Job& job) noexcept { return job.state == JobState::kPaused && !job.failure; }

bool may_follow(JobState from, JobState to) noexcept {
  switch (from) {
    case JobState::kQueued:
      return to == JobState::kRunning || to == JobState::kCancelled || to == JobState::kPaused ||
             to == JobState::kFailed;
    case JobState::kRunning:
      return to != JobState::kRunning;
    case JobState::kPaused:
      return to == JobState::kQueued || to == JobState::kCancelled || to == JobState::kFailed;
    case JobState::kFailed:
    case JobState::kCancelled:
      return to == JobState::kQueued;
    case JobState::kDone:
      return false;
  }
  return false;
}

Result<> validate(const TranscribeOptions& options) {
  if (options.model.empty() || options.model.size() > kMaxModelBytes) {
    return std::unexpected(invalid(fmt::format("model must have 1 to {} characters", kMaxModelBytes)));
  }
  // Names only: a path here would let any caller of the API probe the server's files.
  for (const char c : options.model) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                       c == '-' || c == '_';
    if (!plain) {
      return std::unexpected(invalid("model holds a character that model names do not have",
                                     "use the name of an installed model, for example base"));
    }
  }
  if (options.language != "auto" && !language_name(options.language)) {
    return std::unexpected(invalid(fmt::format("language '{}' is not one that Whisper knows", options.language),
                                   "use auto or an ISO 639-1 code such as en, zh or de"));
  }
  if (!options.languages.empty() && options.language != "auto") {
    return std::unexpected(invalid("languages are what language auto chooses among, not one that is given",
                                   "leave out languages, or language"));
  }
  for (auto at = options.languages.begin(); at != options.languages.end(); ++at) {
    if (!language_name(*at)) {
      return std::unexpected(invalid(fmt::format("languages has '{}', which is not one that Whisper knows", *at),
                                     "use ISO 639-1 codes such as en, zh or de"));
    }
    if (std::find(options.languages.begin(), at, *at) != at) {
      return std::unexpected(invalid(fmt::format("languages has '{}' twice", *at)));
    }
  }
  if (options.prompt.size() > kMaxPromptBytes) {
    return std::unexpected(invalid(fmt::format("prompt is longer than {} bytes", kMaxPromptBytes)));
  }
  if (options.device != "auto" && options.device != "cpu" && options.device != "cuda") {
    return std::unexpected(invalid(fmt::format("device '{}' is unknown", options.device), "use auto, cpu or cuda"));
  }
  if (options.threads < 0 || options.threads > kMaxThreads) {
    return std::unexpected(invalid(fmt::format("threads must be 0 (all cores) to {}", kMaxThreads)));
  }
  if (options.audio_stream < -1 || options.audio_stream > kMaxAudioStream) {
    return std::unexpected(invalid(fmt::format("audio_stream must be -1 (default) to {}", kMaxAudioStream)));
  }
  if (!std::isfinite(options.temperature) || options.temperature < 0 || options.temperature > 1) {
    return std::unexpected(invalid("temperature must be 0 to 1"));
  }
  if (options.beam_size < 1 || options.beam_size > kMaxBeamSize) {
    return std::unexpected(invalid(fmt::format("beam_size must be 1 (fast) to {} (thorough)", kMaxBeamSize)));
  }
  return {};
}

}  // namespace zimu::domain
