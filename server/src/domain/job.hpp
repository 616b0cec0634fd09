#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/transcript.hpp"

namespace zimu::domain {

///   queued ──► running ──► done
///     ▲  ▲        │ ├────► failed ──(retry)──► queued
///     │  └─paused◄┘ └────► cancelled ─(retry)─► queued
///     └──────┘   (the disk is full, or the server is stopping: goes on by itself)
enum class JobState : std::uint8_t { kQueued, kRunning, kPaused, kDone, kFailed, kCancelled };

std::string_view job_state_name(JobState state) noexcept;  ///< "queued" …
Result<JobState> job_state_from_name(std::string_view name);
std::string_view task_name(Task task) noexcept;  ///< "transcribe" | "translate"
Result<Task> task_from_name(std::string_view name);
/// True for done, failed and cancelled.
bool is_final(JobState state) noexcept;
/// Whether the arrow exists in the picture above.
bool may_follow(JobState from, JobState to) noexcept;

/// What the user asked for. Validated by `validate`.
struct TranscribeOptions {
  std::string model = "base";
  std::string language = "auto";  ///< "auto" or an ISO 639-1 code Whisper knows
  Task task = Task::kTranscribe;
  bool words = false;             ///< word timestamps
  std::string prompt;             ///< vocabulary and style; put before every window
  std::string device = "auto";    ///< "auto" | "cpu" | "cuda"
  int threads = 0;                ///< 0 = all cores
  int audio_stream = -1;          ///< index among the audio streams; -1 = the default one
  float temperature = 0;          ///< first rung of the temperature ladder
};

constexpr std::size_t kMaxPromptBytes = 4096;
/// kInvalidArgument naming the field and what it may be.
Result<> validate(const TranscribeOptions& options);
/// "en" → "english"; nullopt for a code Whisper does not know.
std::optional<std::string_view> language_name(std::string_view code) noexcept;
/// "English", "english" or "en" → "en".
std::optional<std::string_view> language_code(std::string_view name_or_code) noexcept;
/// (code, name) of every language, in Whisper's order.
std::vector<std::pair<std::string_view, std::string_view>> known_languages();

struct JobFailure {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;   ///< a sentence: what happened, to which file
  std::string action;    ///< a sentence: what to do
  bool retryable = false;
};

struct Job {
  std::string id;
  std::string media_id;
  std::string transcript_id;
  JobState state = JobState::kQueued;
  TranscribeOptions options;
  std::string stage;               ///< "queued" "loading" "decoding" "transcribing" "finishing" …, for people
  double progress = 0;             ///< 0..1
  double speed = 0;                ///< × real time, 0 when unknown
  std::optional<Milliseconds> eta; ///< wall time left
  Milliseconds processed{0};       ///< media time committed so far: the resume point
  Milliseconds duration{0};        ///< of the media, 0 when unknown
  std::string device;              ///< really used, e.g. "cpu"
  int attempts = 0;                ///< worker starts so far
  int priority = 0;                ///< higher runs first; then oldest first
  std::optional<JobFailure> failure;
  Timestamp created_at{};
  Timestamp updated_at{};
  std::optional<Timestamp> started_at;
  std::optional<Timestamp> finished_at;
};

}  // namespace zimu::domain
