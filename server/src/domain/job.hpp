#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/render.hpp"
#include "domain/span.hpp"
#include "domain/transcript.hpp"

namespace zimu::domain {

///   queued ──► running ──► done
///     ▲  ▲        │ ├────► failed ──(retry)──► queued
///     │  └─paused◄┘ └────► cancelled ─(retry)─► queued
///     └──────┘   (the disk is full, or the server is stopping: goes on by itself; a person paused it: until resumed)
enum class JobState : std::uint8_t { kQueued, kRunning, kPaused, kDone, kFailed, kCancelled };

/// What a job makes: the text of a recording, or a film with subtitles.
enum class JobKind : std::uint8_t { kTranscribe, kRender };

std::string_view job_state_name(JobState state) noexcept;  ///< "queued" …
Result<JobState> job_state_from_name(std::string_view name);
std::string_view task_name(Task task) noexcept;  ///< "transcribe" | "translate"
Result<Task> task_from_name(std::string_view name);
std::string_view job_kind_name(JobKind kind) noexcept;  ///< "transcribe" | "render"
Result<JobKind> job_kind_from_name(std::string_view name);
/// True for done, failed and cancelled.
bool is_final(JobState state) noexcept;
struct Job;
/// A person's pause has no failure; the others tell why in theirs.
bool paused_by_person(const Job& job) noexcept;
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
  int beam_size = 5;              ///< ways that are followed at once; 1: the likeliest one, and more only where that fails
  std::vector<std::string> languages = {};  ///< that "auto" chooses among; empty: all
};

constexpr int kMaxBeamSize = 5;
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
  std::optional<JobSpan> span;     ///< of a part only; its transcript is a draft
  std::string stage;               ///< "queued" "loading" "decoding" "transcribing" "finishing" …, for people
  double progress = 0;             ///< 0..1
  double speed = 0;                ///< × real time, 0 when unknown
  std::optional<Milliseconds> eta; ///< wall time left
  Milliseconds processed{0};       ///< media time committed so far; of a span: from its start
  Milliseconds duration{0};        ///< of the media, 0 when unknown; of a span: its own
  std::string device;              ///< really used, e.g. "cpu"
  int attempts = 0;                ///< worker starts so far
  int priority = 0;                ///< higher runs first; then oldest first
  std::optional<JobFailure> failure;
  Timestamp created_at{};
  Timestamp updated_at{};
  std::optional<Timestamp> started_at;
  std::optional<Timestamp> finished_at;
  JobKind kind = JobKind::kTranscribe;
  std::optional<RenderOptions> render = {};  ///< of a render job: `options` mean nothing there
  std::optional<RenderResult> result = {};   ///< of a render job that is done
};

}  // namespace zimu::domain
